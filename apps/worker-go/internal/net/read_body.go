package net

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"strings"

	"github.com/andybalholm/brotli"

	"treadle.dev/treadle/internal/contract"
)

// readBody gives the body, unpacked: whole, or a little more than bytesMax of it and the rest. A packed one is read whole, up to 10 MiB of
// what comes out, so that a small body cannot unpack to a huge one. The error is of type `tool_error` where it is larger, or packed in a way
// that is not known.
func readBody(body io.Reader, encoding string, bytesMax int) (start []byte, rest io.Reader, err error) {
	packed := strings.ToLower(strings.TrimSpace(encoding))
	if packed == "" || packed == "identity" {
		start, err = io.ReadAll(io.LimitReader(body, int64(bytesMax)+1))
		if len(start) > bytesMax {
			rest = body
		}
		return start, rest, err
	}
	source := &watched{from: body}
	unpacked, err := unpack(source, packed)
	if err == nil {
		start, err = io.ReadAll(io.LimitReader(unpacked, packedBytesMax+1))
	}
	switch {
	case err != nil && source.failed != nil:
		return nil, nil, source.failed // The connection's, not the packing's.
	case err != nil && contract.AsError(err) != nil:
		return nil, nil, err
	case err != nil:
		return nil, nil, &contract.Error{Type: "tool_error", Message: "The answer’s " + packed + " cannot be unpacked.", Cause: err}
	case len(start) > packedBytesMax:
		return nil, nil, contract.NewError("tool_error", fmt.Sprintf("The answer is packed, and larger than %d bytes.", packedBytesMax))
	case len(start) > bytesMax:
		return start[:bytesMax], bytes.NewReader(start[bytesMax:]), nil
	}
	return start, nil, nil
}

func unpack(body io.Reader, packed string) (io.Reader, error) {
	switch packed {
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
