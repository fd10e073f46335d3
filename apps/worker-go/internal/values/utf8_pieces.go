package values

import "unicode/utf8"

// utf8Pieces checks a text that comes in pieces, which may cut a character.
type utf8Pieces struct {
	cut []byte
}

// take gives what is there whole by now, until the next call; false where it is no UTF-8.
func (u *utf8Pieces) take(piece []byte) ([]byte, bool) {
	if len(u.cut) > 0 {
		piece = append(u.cut, piece...)
	}
	whole := len(piece) - cutAtEnd(piece)
	u.cut = append([]byte(nil), piece[whole:]...)
	return piece[:whole], utf8.Valid(piece[:whole])
}

// isCut says whether a character has begun that is not there whole.
func (u *utf8Pieces) isCut() bool { return len(u.cut) > 0 }

// cutAtEnd gives the number of bytes of a character that goes on after the end.
func cutAtEnd(text []byte) int {
	for length := 1; length < utf8.UTFMax && length <= len(text); length++ {
		if start := text[len(text)-length:]; utf8.RuneStart(start[0]) {
			if utf8.FullRune(start) {
				return 0
			}
			return length
		}
	}
	return 0
}
