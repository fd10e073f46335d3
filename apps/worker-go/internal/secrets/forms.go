package secrets

import (
	"encoding/base64"
	"encoding/hex"
	"strings"

	"treadle.dev/treadle/internal/jsonvalue"
)

// encodedLengthMin: encoded forms of shorter values would match by chance. UTF-16 units.
const encodedLengthMin = 8

// formsOf gives the texts in which a secret shows itself: as it is, and as JSON, a URL, base64 (at any place in it) and hex would
// carry it.
func formsOf(value string) []string {
	quoted := string(jsonvalue.AppendString(nil, value))
	forms := []string{value, quoted[1 : len(quoted)-1]}
	if jsonvalue.Units(value) < encodedLengthMin {
		return forms
	}
	forms = append(forms,
		percentEncoded(value, "-_.!~*'()", "%20"), // encodeURIComponent
		percentEncoded(value, "-_.*", "+"),        // a form, as browsers send it
		percentEncoded(value, "-_.~", "+"),        // a form, as url.QueryEscape writes it
		hex.EncodeToString([]byte(value)),
	)
	for offset := range 3 {
		standard := base64At(value, offset)
		forms = append(forms, standard, strings.NewReplacer("+", "-", "/", "_").Replace(standard))
	}
	return forms
}

func percentEncoded(value, unescaped, space string) string {
	var text strings.Builder
	for _, c := range []byte(value) {
		switch {
		case c == ' ':
			text.WriteString(space)
		case isAlphanumeric(c) || strings.IndexByte(unescaped, c) >= 0:
			text.WriteByte(c)
		default:
			text.WriteString("%" + strings.ToUpper(hex.EncodeToString([]byte{c})))
		}
	}
	return text.String()
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// base64At gives the characters of base64 that depend on the value alone where offset (mod 3) other bytes stand before it.
func base64At(value string, offset int) string {
	encoded := base64.StdEncoding.EncodeToString(append(make([]byte, offset), value...))
	from, to := (offset*8+5)/6, (offset+len(value))*8/6
	return encoded[from:to]
}
