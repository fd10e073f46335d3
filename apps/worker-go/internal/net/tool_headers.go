package net

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/secrets"
)

var (
	headerName  = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9a-z-]+$")
	headerValue = regexp.MustCompile(`^[\t\x20-\x7e\x{80}-\x{ff}]*$`)
)

// ResolveHeaders puts headers into another set, by their names in lower case, and gives the names of those that hold secrets. An error
// never shows a value.
func ResolveHeaders(ctx context.Context, given map[string]json.RawMessage, source *secrets.Secrets, use secrets.Use, into map[string]string) (credentials map[string]bool, err error) {
	credentials = map[string]bool{}
	for name, header := range given {
		lower := strings.ToLower(name)
		text, isSecret, err := source.Resolve(ctx, header, use)
		if err != nil {
			return nil, err
		}
		into[lower] = text
		if isSecret {
			credentials[lower] = true
		}
	}
	for name, value := range into {
		if !headerName.MatchString(name) || !headerValue.MatchString(value) {
			return nil, contract.NewError("invalid_request", "The header \""+name+"\" has a name or value that HTTP cannot carry.")
		}
		into[name] = latin1(value)
	}
	return credentials, nil
}

// latin1: a header carries a character above ASCII as one byte.
func latin1(value string) string {
	bytes := make([]byte, 0, len(value))
	for _, char := range value {
		bytes = append(bytes, byte(char))
	}
	return string(bytes)
}
