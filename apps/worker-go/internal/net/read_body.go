package net

import (
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"strings"

	"github.com/andybalholm/brotli"

	"treadle.dev/treadle/internal/contract"
)

// readBody gives the whole body, unpacked. It stops reading at bytesMax of what comes out, so that a small body cannot unpack to a huge
// one. The error is of type `tool_error` where it is larger, or packed in a way that is not known.
func readBody(body io.Reader, encoding string, bytesMax int) ([]byte, error) {
	packed := strings.ToLower(strings.TrimSpace(encoding))
	source := &watched{from: body}
	unpacked, err := unpack(source, packed)
	var content []byte
	if err == nil {
		content, err = io.ReadAll(io.LimitReader(unpacked, int64(bytesMax)+1))
	}
	switch {
	case err != nil && source.failed != nil:
		return nil, source.failed // The connection's, not the packing's.
	case err != nil && contract.AsError(err) != nil:
		return nil, err
	case err != nil:
		return nil, &contract.Error{Type: "tool_error", Message: "The answer’s " + packed + " cannot be unpacked.", Cause: err}
	case len(content) > bytesMax:
		return nil, contract.NewError("tool_error", fmt.Sprintf("The answer is larger than %d bytes.", bytesMax))
	}
	return content, nil
}

func unpack(body io.Reader, packed string) (io.Reader, error) {
	switch packed {
	case "", "identity":
		return body, nil
	case "gzip", "x-gzip":
		return gzip.NewReader(body)
	case "deflate":
		return zlib.NewReader(body)
	case "br":
		return brotli.NewReader(body), nil
	default:
		return nil, contract.NewError("tool_error", fmt.Sprintf("The answer is packed as %q, which is not known.", packed))
	}
}

// watched remembers whether reading itself failed: an unpacker tells every failure as its own.
type watched struct {
	from   io.Reader
	failed error
}

func (w *watched) Read(into []byte) (int, error) {
	n, err := w.from.Read(into)
	if err != nil && err != io.EOF {
		w.failed = err
	}
	return n, err
}
