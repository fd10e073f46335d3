package jsonvalue

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// mayHoldHalf is the first byte of every half of a pair, and of some whole characters.
const mayHoldHalf = 0xed

// halfAt gives the half of a surrogate pair that begins at an index of the text; 0 where there is none.
func halfAt(text string, at int) rune {
	if at+2 >= len(text) || text[at] != mayHoldHalf || text[at+1] < 0xa0 {
		return 0
	}
	return 0xd000 | rune(text[at+1]&0x3f)<<6 | rune(text[at+2]&0x3f)
}

func isHigh(half rune) bool { return half >= 0xd800 && half < 0xdc00 }
func isLow(half rune) bool  { return half >= 0xdc00 && half <= 0xdfff }

// Join makes pairs of the halves that stand side by side in the text.
func Join(text string) string {
	if strings.IndexByte(text, mayHoldHalf) < 0 {
		return text
	}
	var joined strings.Builder
	for at := 0; at < len(text); at++ {
		high := halfAt(text, at)
		if low := halfAt(text, at+3); isHigh(high) && isLow(low) {
			joined.WriteRune(utf16.DecodeRune(high, low))
			at += 5
			continue
		}
		joined.WriteByte(text[at])
	}
	return joined.String()
}

// EndsInHalf says whether the text ends in the first half of a pair: what comes next may be the other one.
func EndsInHalf(text string) bool {
	return len(text) >= 3 && isHigh(halfAt(text, len(text)-3))
}

// Storable gives the text with U+FFFD in the place of NUL, of halves of pairs and of bytes that are no UTF-8: Postgres stores none of
// them, and half a pair is no text in other languages.
func Storable(text string) string {
	if IsStorable(text) {
		return text
	}
	var clean strings.Builder
	for at := 0; at < len(text); {
		if halfAt(text, at) != 0 {
			clean.WriteRune(utf8.RuneError)
			at += 3
			continue
		}
		char, size := utf8.DecodeRuneInString(text[at:])
		if char == 0 {
			char = utf8.RuneError
		}
		clean.WriteRune(char)
		at += size
	}
	return clean.String()
}

// IsStorable says whether Storable would change nothing.
func IsStorable(text string) bool { return utf8.ValidString(text) && strings.IndexByte(text, 0) < 0 }

// Units gives the length of the text in UTF-16 units, by which the other workers bound texts.
func Units(text string) int {
	units := 0
	for _, char := range text {
		units++
		if char > 0xffff {
			units++
		}
	}
	return units
}

// Cut gives the first units UTF-16 units of the text, and never half a character.
func Cut(text string, units int) string {
	if len(text) <= units {
		return text
	}
	for at, char := range text {
		if units--; char > 0xffff {
			units--
		}
		if units < 0 {
			return text[:at]
		}
	}
	return text
}
