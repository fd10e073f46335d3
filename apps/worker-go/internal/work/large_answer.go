package work

import (
	"bytes"
	"fmt"
	"io"

	"golang.org/x/text/encoding/htmlindex"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/net"
	"treadle.dev/treadle/internal/secrets"
	"treadle.dev/treadle/internal/values"
)

const (
	largeBytesMax = 1024 * 1024 * 1024
	pieceBytes    = 64 * 1024
)

// largeAnswer gives an answer that is too large for memory as the JSON text that is stored: JSON is checked as a small one is, any other
// text becomes a string. Secrets are taken out on the way. Errors, the reader's too, are of type `invalid_output` or `tool_error`, or what
// broke the answer off.
func largeAnswer(answer *net.Answer, host string, redactor *secrets.Redactor) (io.Reader, error) {
	contentType := answer.Headers.Get("Content-Type")
	whole := &bounded{from: io.MultiReader(bytes.NewReader(answer.Body), answer.Rest), host: host}
	if isJSON(contentType) {
		text := values.NewStreamedJSON("The answer of "+host, redactor)
		end := func(out []byte) ([]byte, error) { return out, text.End() }
		return &cleaned{from: whole, push: text.Append, end: end}, nil
	}
	if contentType != "" && !textType.MatchString(contentType) {
		return nil, contract.NewError("tool_error", fmt.Sprintf("The answer of %s is binary (%s) and larger than 1 MiB.", host, contentType))
	}
	decoded, name, err := decode(whole, contentType, host)
	if err != nil {
		return nil, err
	}
	text := values.NewStreamedText(redactor)
	valid := func(out []byte, isValid bool) ([]byte, error) {
		if !isValid {
			return out, contract.NewError("tool_error", fmt.Sprintf("The answer of %s is not %s.", host, name))
		}
		return out, nil
	}
	push := func(out, piece []byte) ([]byte, error) { return valid(text.Append(out, piece)) }
	end := func(out []byte) ([]byte, error) { return valid(text.End(out)) }
	return &cleaned{from: decoded, push: push, end: end}, nil
}

// decode gives the text in UTF-8, and the name of its charset.
func decode(body io.Reader, contentType, host string) (io.Reader, string, error) {
	name := charsetOf(contentType)
	if isUTF8(name) {
		return body, name, nil
	}
	encoding, err := htmlindex.Get(name)
	if err != nil {
		return nil, name, contract.NewError("tool_error", fmt.Sprintf("The answer of %s is in %s, which is not known.", host, name))
	}
	return encoding.NewDecoder().Reader(body), name, nil
}

// bounded fails where more comes than an answer may have.
type bounded struct {
	from  io.Reader
	host  string
	bytes int64
}

func (b *bounded) Read(into []byte) (int, error) {
	n, err := b.from.Read(into)
	if b.bytes += int64(n); b.bytes > largeBytesMax {
		return 0, contract.NewError("tool_error", fmt.Sprintf("The answer of %s is larger than %d bytes.", b.host, largeBytesMax))
	}
	return n, err
}

// cleaned reads a text piece by piece, and gives what is made of each.
type cleaned struct {
	from io.Reader
	push func(out, piece []byte) ([]byte, error)
	end  func(out []byte) ([]byte, error)

	piece []byte
	out   []byte
	given int
	isEnd bool
}

func (c *cleaned) Read(into []byte) (int, error) {
	for c.given == len(c.out) {
		if c.isEnd {
			return 0, io.EOF
		}
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	n := copy(into, c.out[c.given:])
	c.given += n
	return n, nil
}

func (c *cleaned) next() error {
	if c.piece == nil {
		c.piece = make([]byte, pieceBytes)
	}
	n, err := c.from.Read(c.piece)
	if err != nil && err != io.EOF {
		return err
	}
	c.given = 0
	var failed error
	if c.out, failed = c.push(c.out[:0], c.piece[:n]); failed != nil {
		return failed
	}
	if err == io.EOF {
		c.isEnd = true
		c.out, failed = c.end(c.out)
	}
	return failed
}
