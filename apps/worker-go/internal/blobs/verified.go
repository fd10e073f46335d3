package blobs

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"treadle.dev/treadle/internal/encryption"
	"treadle.dev/treadle/internal/values"
)

func missing(name string) error { return fmt.Errorf("there is no blob %s: %w", name, values.ErrLost) }

func undecryptable(name string, err error) error {
	return fmt.Errorf("the blob %s cannot be decrypted: %w: %w", name, err, values.ErrLost)
}

// verified fails in the place of the end where the content is not that of the name.
type verified struct {
	io.Reader
	io.Closer
	name string
	hash hash.Hash
}

func verify(content io.Reader, stored io.Closer, name string) io.ReadCloser {
	return &verified{Reader: content, Closer: stored, name: name, hash: sha256.New()}
}

func (v *verified) Read(into []byte) (int, error) {
	n, err := v.Reader.Read(into)
	v.hash.Write(into[:n])
	var changed *encryption.ChangedError
	if errors.As(err, &changed) {
		return n, undecryptable(v.name, err)
	}
	if err != io.EOF {
		return n, err
	}
	if found := hex.EncodeToString(v.hash.Sum(nil)); found != v.name {
		err = fmt.Errorf("the blob %s has the content of %s: %w", v.name, found, values.ErrLost)
	}
	return n, err
}
