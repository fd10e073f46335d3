package net

import (
	"net/url"
	"strings"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
)

// ParseToolURL reads the url of a tool: http or https, and no user or password in it.
func ParseToolURL(text string) (*url.URL, error) {
	target, err := ParseURL(strings.TrimSpace(text), nil)
	if err != nil || target.Scheme == "" {
		return nil, contract.NewError("invalid_request", "The tool’s url is not a URL: "+jsonvalue.Cut(text, 200))
	}
	if err := CheckProtocol(target); err != nil {
		return nil, err
	}
	if target.User != nil {
		return nil, contract.NewError("invalid_request",
			"The tool’s url holds a user or password: give them as a header with a secret.")
	}
	target.Fragment = ""
	return target, nil
}
