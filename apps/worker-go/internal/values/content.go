package values

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
)

// inMemoryMax: longer contents pass through a file. In bytes.
const inMemoryMax = 1024 * 1024

// Content is one whose name is known; it can be read as often as it takes to store it. In memory where it is small, else in a file.
type Content struct {
	Blob
	io.ReaderAt
	file *os.File
}

// BytesContent is that of bytes that are at hand.
func BytesContent(content []byte) *Content {
	return &Content{Blob: NameOf(content), ReaderAt: bytes.NewReader(content)}
}

// ReadContent reads a source to its end to learn its name, and never holds more than 1 MiB of it. The error is the source's, or that of the
// file; then nothing is left behind.
func ReadContent(source io.Reader) (*Content, error) {
	hash := sha256.New()
	source = io.TeeReader(source, hash)
	start, err := io.ReadAll(io.LimitReader(source, inMemoryMax+1))
	if err != nil {
		return nil, err
	}
	if len(start) <= inMemoryMax {
		return BytesContent(start), nil
	}
	file, err := os.CreateTemp("", "treadle-value-")
	if err != nil {
		return nil, err
	}
	content := &Content{ReaderAt: file, file: file}
	rest := int64(0)
	if _, err = file.Write(start); err == nil {
		rest, err = io.Copy(file, source)
	}
	if err != nil {
		content.Discard()
		return nil, err
	}
	content.Blob = Blob{SHA256: hex.EncodeToString(hash.Sum(nil)), Size: int64(len(start)) + rest}
	return content, nil
}

// Reader reads it from the start.
func (c *Content) Reader() *io.SectionReader { return io.NewSectionReader(c.ReaderAt, 0, c.Size) }

// Discard removes the file, if there is one.
func (c *Content) Discard() {
	if c.file != nil {
		_ = c.file.Close()
		_ = os.Remove(c.file.Name())
	}
}
