package values

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
	"treadle.dev/treadle/internal/secrets"
)

// numberLengthMax: longer ones no program writes; they would be held.
const numberLengthMax = 1_000

// StreamedJSON checks a JSON text that comes in pieces from outside, and keeps secrets out of it, as ParseForeign, CheckForeign and the
// redactor do with one that is at hand: it is JSON, without the key `$blob`, rounded integers, or more than 100 levels. What stands in
// strings, keys too, is given without secrets and without what Postgres cannot store; everything else as it came. It holds no more than a
// number, or what could begin a secret, whatever the size. What it cannot see is a key that comes twice: readers take the last one.
type StreamedJSON struct {
	// what is the subject of the errors' sentences, which are of type `invalid_output`.
	what     string
	redactor *secrets.Redactor

	state    jsonState
	isObject []bool
	offset   int
	// unread is room for what nobody reads.
	unread []byte
	// held is a number, a literal or the digits of an escape, as far as it has come.
	held []byte
	// utf8 holds the bytes of a character that is not there whole.
	utf8 utf8Pieces
	// text is what the string's content has come to, and was not given yet; shown has given what came before it.
	text  []byte
	shown *secrets.TextStream
	// isKey: the string is a key. keyStart is its start: enough to tell it from `$blob`.
	isKey    bool
	keyStart []byte
}

type jsonState int

const (
	inValue jsonState = iota
	inValueOrEnd
	inKey
	inKeyOrEnd
	inColon
	inAfter
	inString
	inEscape
	inHex
	inNumber
	inLiteral
)

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

var literals = map[byte]string{'t': "true", 'f': "false", 'n': "null"}

var escaped = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// NewStreamedJSON begins a text; what is the subject of the errors' sentences.
func NewStreamedJSON(what string, redactor *secrets.Redactor) *StreamedJSON {
	return &StreamedJSON{what: what, redactor: redactor}
}

// Append takes the next piece, and appends what may be given by now.
func (j *StreamedJSON) Append(out, piece []byte) ([]byte, error) {
	for at := 0; at < len(piece); {
		if j.state == inString {
			// Most bytes of a large value are plain text in a string.
			end := at
			for end < len(piece) && piece[end] != '"' && piece[end] != '\\' && piece[end] >= ' ' {
				end++
			}
			if err := j.plain(piece[at:end]); err != nil {
				return out, err
			}
			j.offset += end - at
			at = end
			if at == len(piece) {
				break
			}
		}
		isTaken, err := true, error(nil)
		if out, isTaken, err = j.step(out, piece[at]); err != nil {
			return out, err
		}
		if isTaken {
			at++
			j.offset++
		}
	}
	if j.state >= inString && j.state <= inHex {
		out = j.show(out)
	}
	return out, nil
}

// Write takes the next piece for whoever only wants to know whether it is fit.
func (j *StreamedJSON) Write(piece []byte) (int, error) {
	out, err := j.Append(j.unread[:0], piece)
	j.unread = out
	return len(piece), err
}

// End says whether the text has come to its end.
func (j *StreamedJSON) End() error {
	if j.state == inNumber {
		if err := j.endNumber(); err != nil {
			return err
		}
	}
	if j.state != inAfter || len(j.isObject) > 0 {
		return j.fail("is not JSON: it ends")
	}
	return nil
}

// step takes one byte; false: it ends a number, and is to be looked at again.
func (j *StreamedJSON) step(out []byte, c byte) ([]byte, bool, error) {
	switch j.state {
	case inString:
		return j.inString(out, c)
	case inEscape:
		return out, true, j.inEscape(c)
	case inHex:
		return out, true, j.inHex(c)
	case inNumber:
		if strings.IndexByte("0123456789+-.eE", c) < 0 {
			return out, false, j.endNumber()
		}
		if j.held = append(j.held, c); len(j.held) > numberLengthMax {
			return out, true, j.fail("has a number of more than 1,000 digits")
		}
	case inLiteral:
		j.held = append(j.held, c)
		whole := literals[j.held[0]]
		if !strings.HasPrefix(whole, string(j.held)) {
			return out, true, j.fail("is not JSON")
		}
		if len(j.held) == len(whole) {
			j.state = inAfter
		}
	default:
		if c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			if err := j.between(c); err != nil {
				return out, true, err
			}
		}
	}
	return append(out, c), true, nil
}

// between takes what stands between texts and numbers, or begins one.
func (j *StreamedJSON) between(c byte) error {
	switch {
	case j.state == inColon && c == ':':
		j.state = inValue
	case (j.state == inKey || j.state == inKeyOrEnd) && c == '"':
		j.startString(true)
	case j.state == inKeyOrEnd && c == '}', j.state == inValueOrEnd && c == ']', j.state == inAfter && (c == '}' || c == ']'):
		return j.close(c == '}')
	case j.state == inAfter && c == ',' && len(j.isObject) > 0:
		j.state = inValue
		if j.isObject[len(j.isObject)-1] {
			j.state = inKey
		}
	case j.state == inValue || j.state == inValueOrEnd:
		return j.startValue(c)
	default:
		return j.fail("is not JSON")
	}
	return nil
}

func (j *StreamedJSON) startValue(c byte) error {
	j.held = append(j.held[:0], c)
	switch {
	case c == '"':
		j.startString(false)
	case c == '{' || c == '[':
		if len(j.isObject) == depthMax {
			return j.fail(errDepth.Error())
		}
		j.isObject = append(j.isObject, c == '{')
		j.state = inValueOrEnd
		if c == '{' {
			j.state = inKeyOrEnd
		}
	case c == '-' || c >= '0' && c <= '9':
		j.state = inNumber
	case literals[c] != "":
		j.state = inLiteral
	default:
		return j.fail("is not JSON")
	}
	return nil
}

func (j *StreamedJSON) close(isObject bool) error {
	last := len(j.isObject) - 1
	if last < 0 || j.isObject[last] != isObject {
		return j.fail("is not JSON")
	}
	j.isObject = j.isObject[:last]
	j.state = inAfter
	return nil
}

func (j *StreamedJSON) endNumber() error {
	text := string(j.held)
	number, err := strconv.ParseFloat(text, 64)
	switch {
	case !jsonNumber.MatchString(text):
		return j.fail("is not JSON")
	case err != nil:
		return j.fail("has a number that JSON cannot hold")
	case integer.MatchString(text) && math.Abs(number) > safeIntegerMax:
		return j.fail("has an integer beyond 2^53 - 1, which would be rounded: send it as a string,")
	}
	j.state = inAfter
	return nil
}

func (j *StreamedJSON) startString(isKey bool) {
	j.state, j.isKey, j.keyStart, j.text, j.shown = inString, isKey, j.keyStart[:0], j.text[:0], nil
}

func (j *StreamedJSON) inString(out []byte, c byte) ([]byte, bool, error) {
	switch {
	case c < ' ':
		return out, true, j.fail("is not JSON")
	case j.utf8.isCut():
		return out, true, j.notUTF8()
	case c == '\\':
		j.state = inEscape
		return out, true, nil
	}
	if j.isKey && string(j.keyStart) == handleKey {
		return out, true, j.fail(`has the key "$blob", which is reserved for stored values,`)
	}
	if j.shown == nil {
		out = appendContent(out, j.redactor.Text(jsonvalue.Join(string(j.text))))
	} else {
		out = j.show(out)
		out = appendContent(out, j.shown.End())
	}
	j.state = inAfter
	if j.isKey {
		j.state = inColon
	}
	return append(out, '"'), true, nil
}

func (j *StreamedJSON) inEscape(c byte) error {
	if c == 'u' {
		j.state, j.held = inHex, j.held[:0]
		return nil
	}
	char, known := escaped[c]
	if !known {
		return j.fail("is not JSON")
	}
	j.add(char)
	j.state = inString
	return nil
}

func (j *StreamedJSON) inHex(c byte) error {
	if strings.IndexByte("0123456789abcdefABCDEF", c) < 0 {
		return j.fail("is not JSON")
	}
	if j.held = append(j.held, c); len(j.held) < 4 {
		return nil
	}
	unit, _ := strconv.ParseUint(string(j.held), 16, 16)
	if unit >= 0xd800 && unit <= 0xdfff {
		// Half of a pair, as jsonvalue has them: in the bytes that it would have as a character.
		j.add(0xed, 0x80|byte(unit>>6)&0x3f, 0x80|byte(unit)&0x3f)
	} else {
		j.add(utf8.AppendRune(nil, rune(unit))...)
	}
	j.state = inString
	return nil
}

func (j *StreamedJSON) plain(run []byte) error {
	whole, isValid := j.utf8.take(run)
	if !isValid {
		return j.notUTF8()
	}
	j.add(whole...)
	return nil
}

func (j *StreamedJSON) add(content ...byte) {
	j.text = append(j.text, content...)
	if room := len(handleKey) + 1 - len(j.keyStart); j.isKey && room > 0 {
		j.keyStart = append(j.keyStart, content[:min(room, len(content))]...)
	}
}

// show gives what has come of a string that is not over.
func (j *StreamedJSON) show(out []byte) []byte {
	if j.shown == nil {
		j.shown = j.redactor.Stream()
	}
	out = appendContent(out, j.shown.Push(string(j.text)))
	j.text = j.text[:0]
	return out
}

// appendContent appends a text as it stands between the quotes of a JSON string.
func appendContent(out []byte, text string) []byte {
	from := len(out)
	out = jsonvalue.AppendString(out, jsonvalue.Storable(text))
	return slices.Delete(out, from, from+1)[:len(out)-2]
}

func (j *StreamedJSON) fail(problem string) error {
	return contract.NewError("invalid_output", fmt.Sprintf("%s %s at byte %d", j.what, problem, j.offset))
}

func (j *StreamedJSON) notUTF8() error {
	return contract.NewError("invalid_output", j.what+" is not UTF-8")
}
