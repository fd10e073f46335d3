package jsonvalue

import (
	"math"
	"sort"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Text gives the JSON of the value, as JSON.stringify writes it.
func Text(value Value) string { return string(Append(nil, value)) }

// Canonical gives the JSON of the value by RFC 8785: keys sorted by UTF-16 units.
func Canonical(value Value) string { return string(appendValue(nil, value, true)) }

// Append adds the JSON of the value to text.
func Append(text []byte, value Value) []byte { return appendValue(text, value, false) }

func appendValue(text []byte, value Value, sorted bool) []byte {
	switch v := value.(type) {
	case nil:
		return append(text, "null"...)
	case bool:
		return strconv.AppendBool(text, v)
	case int:
		return strconv.AppendInt(text, int64(v), 10)
	case float64:
		return appendNumber(text, v)
	case string:
		return AppendString(text, v)
	case []Value:
		text = append(text, '[')
		for i, item := range v {
			if i > 0 {
				text = append(text, ',')
			}
			text = appendValue(text, item, sorted)
		}
		return append(text, ']')
	case *Object:
		members := v.Members
		if sorted {
			members = sortedMembers(members)
		}
		text = append(text, '{')
		for i, member := range members {
			if i > 0 {
				text = append(text, ',')
			}
			text = append(AppendString(text, member.Key), ':')
			text = appendValue(text, member.Value, sorted)
		}
		return append(text, '}')
	default:
		panic("jsonvalue: not a JSON value")
	}
}

// appendNumber prints as ECMAScript does: the shortest text that reads back as the same double.
func appendNumber(text []byte, number float64) []byte {
	if math.IsInf(number, 0) || math.IsNaN(number) {
		return append(text, "null"...)
	}
	if number == 0 {
		return append(text, '0') // -0 too.
	}
	if size := math.Abs(number); size >= 1e-6 && size < 1e21 {
		return strconv.AppendFloat(text, number, 'f', -1, 64)
	}
	text = strconv.AppendFloat(text, number, 'e', -1, 64)
	// Go writes at least two digits of an exponent.
	if n := len(text); text[n-2] == '0' && (text[n-3] == '-' || text[n-3] == '+') {
		text = append(text[:n-2], text[n-1])
	}
	return text
}

const hexDigits = "0123456789abcdef"

// AppendString adds a JSON string. Only what has to be escaped is: quotes, backslashes, control characters, and halves of pairs.
func AppendString(text []byte, value string) []byte {
	text = append(text, '"')
	for at := 0; at < len(value); {
		c := value[at]
		if c < utf8.RuneSelf {
			text = appendASCII(text, c)
			at++
			continue
		}
		if half := halfAt(value, at); half != 0 {
			text = append(text, '\\', 'u', 'd', hexDigits[half>>8&0xf], hexDigits[half>>4&0xf], hexDigits[half&0xf])
			at += 3
			continue
		}
		char, size := utf8.DecodeRuneInString(value[at:])
		text = utf8.AppendRune(text, char)
		at += size
	}
	return append(text, '"')
}

func appendASCII(text []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(text, '\\', c)
	case '\b':
		return append(text, '\\', 'b')
	case '\f':
		return append(text, '\\', 'f')
	case '\n':
		return append(text, '\\', 'n')
	case '\r':
		return append(text, '\\', 'r')
	case '\t':
		return append(text, '\\', 't')
	}
	if c < 0x20 {
		return append(text, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
	}
	return append(text, c)
}

func sortedMembers(members []Member) []Member {
	sorted := append([]Member(nil), members...)
	sort.SliceStable(sorted, func(i, j int) bool { return lessUnits(sorted[i].Key, sorted[j].Key) })
	return sorted
}

// lessUnits compares by UTF-16 units, which differs from the order of bytes for characters above U+FFFF.
func lessUnits(a, b string) bool {
	left, right := utf16.Encode([]rune(a)), utf16.Encode([]rune(b))
	for i := 0; i < len(left) && i < len(right); i++ {
		if left[i] != right[i] {
			return left[i] < right[i]
		}
	}
	return len(left) < len(right)
}
