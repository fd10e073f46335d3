package values

import (
	"treadle.dev/treadle/internal/secrets"
)

// StreamedText makes a JSON string of a text that comes in pieces of UTF-8, without secrets and what Postgres cannot store.
type StreamedText struct {
	stream *secrets.TextStream
	utf8   utf8Pieces
	isOpen bool
}

// NewStreamedText begins one.
func NewStreamedText(redactor *secrets.Redactor) *StreamedText {
	return &StreamedText{stream: redactor.Stream()}
}

// Append takes the next piece, and appends what may be given by now; false where it is not UTF-8.
func (t *StreamedText) Append(out, piece []byte) ([]byte, bool) {
	out = t.open(out)
	whole, isValid := t.utf8.take(piece)
	if !isValid {
		return out, false
	}
	return appendContent(out, t.stream.Push(string(whole))), true
}

// End appends the rest; false where it ends within a character.
func (t *StreamedText) End(out []byte) ([]byte, bool) {
	out = appendContent(t.open(out), t.stream.End())
	return append(out, '"'), !t.utf8.isCut()
}

func (t *StreamedText) open(out []byte) []byte {
	if t.isOpen {
		return out
	}
	t.isOpen = true
	return append(out, '"')
}
