package work

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"
)

var (
	jsonType = regexp.MustCompile(`(?i)^application/([\w.+-]+\+)?json\s*(;|$)`)
	textType = regexp.MustCompile(`(?i)^text/|json|xml|javascript|yaml|x-www-form-urlencoded`)
	charset  = regexp.MustCompile(`(?i)charset="?([\w-]+)`)
)

func isJSON(contentType string) bool { return jsonType.MatchString(strings.TrimSpace(contentType)) }

func charsetOf(contentType string) string {
	if match := charset.FindStringSubmatch(contentType); match != nil {
		return strings.ToLower(match[1])
	}
	return "utf-8"
}

func isUTF8(charset string) bool { return charset == "utf-8" || charset == "utf8" }

// asText gives the text of a body that is text by its type, or says nothing of its type; false where its bytes are none.
func asText(body []byte, contentType string) (string, bool) {
	if contentType != "" && !textType.MatchString(contentType) {
		return "", false
	}
	name := charsetOf(contentType)
	if isUTF8(name) {
		return strings.TrimPrefix(string(body), "\ufeff"), utf8.Valid(body)
	}
	encoding, err := htmlindex.Get(name)
	if err != nil {
		return "", false // Of a charset that is not known.
	}
	text, err := encoding.NewDecoder().Bytes(body)
	if err != nil || strings.ContainsRune(string(text), utf8.RuneError) {
		return "", false
	}
	return string(text), true
}
