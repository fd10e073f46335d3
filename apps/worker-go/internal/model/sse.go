package model

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"time"
)

// lineBytesMax bounds one line of a stream: a chunk that is longer has run away.
const lineBytesMax = 16 * 1024 * 1024

var errLineTooLong = errors.New("a line of the stream is too long")

// sseReader gives the data of server-sent events, one after the other. Comments, names and ids are passed over.
type sseReader struct {
	lines *bufio.Reader
	body  io.Closer
}

func newSSEReader(body io.ReadCloser) *sseReader {
	return &sseReader{lines: bufio.NewReaderSize(body, 32*1024), body: body}
}

// next gives the data of the next event; io.EOF at the end of the stream.
func (r *sseReader) next() (string, error) {
	var data strings.Builder
	hasData := false
	for {
		line, err := r.line()
		switch {
		case err == io.EOF && hasData && len(line) == 0:
			return data.String(), nil // The last event was not closed by an empty line.
		case err != nil && len(line) == 0:
			return "", err
		case len(line) == 0 && hasData:
			return data.String(), nil
		}
		if value, isData := bytes.CutPrefix(line, []byte("data:")); isData {
			if hasData {
				data.WriteByte('\n')
			}
			data.Write(bytes.TrimPrefix(value, []byte(" ")))
			hasData = true
		}
	}
}

// line gives the next line without its end. A silence that lasts too long closes the stream.
func (r *sseReader) line() ([]byte, error) {
	timer := time.AfterFunc(silenceMax, func() { r.body.Close() })
	defer timer.Stop()
	var line []byte
	for {
		part, err := r.lines.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > lineBytesMax {
			return nil, errLineTooLong
		}
		if err != bufio.ErrBufferFull {
			return bytes.TrimRight(line, "\r\n"), err
		}
	}
}
