package encryption

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
)

// The form of a blob that is encrypted: a header, then chunks of 64 KiB, each sealed by itself.
const (
	magic       = "TREADLE-BLOB-1\n"
	idBytesMax  = 64
	saltBytes   = 32
	idAt        = len(magic) + 1
	saltAt      = idAt + idBytesMax
	tagAt       = saltAt + saltBytes
	chunkBytes  = 64 * 1024
	sealedBytes = chunkBytes + tagBytes

	// HeaderBytes is what stands before the chunks.
	HeaderBytes = tagAt + 32
)

// SealBlob gives the content as it is stored; without keys, as it is. It holds a chunk at a time.
func SealBlob(keys *Keyring, tenant, sha256 string, content io.Reader) io.Reader {
	if keys == nil {
		return content
	}
	salt := make([]byte, saltBytes)
	rand.Read(salt) // Never fails: it would end the process.
	key := blobKey(keys.keys[keys.current], tenant, salt)
	header := make([]byte, HeaderBytes)
	copy(header, magic)
	header[len(magic)] = byte(copy(header[idAt:saltAt], keys.current))
	copy(header[saltAt:], salt)
	copy(header[tagAt:], mac(key, []byte(sha256)))
	seal := func(chunk, nonce []byte) ([]byte, error) { return Encrypt(key, chunk, nil, nonce)[nonceBytes:], nil }
	return &chunked{from: bufio.NewReader(content), bytes: chunkBytes, change: seal, ready: header}
}

// SealedSize is that of what SealBlob gives of a content of so many bytes.
func SealedSize(keys *Keyring, size int64) int64 {
	if keys == nil {
		return size
	}
	return int64(HeaderBytes) + size + max(1, (size+chunkBytes-1)/chunkBytes)*tagBytes
}

// OpenBlob gives the content, whether it was encrypted or not. It holds a chunk at a time; what reads it fails where a chunk was changed.
func OpenBlob(keys *Keyring, tenant, sha256 string, stored io.Reader) (io.Reader, error) {
	from := bufio.NewReader(stored)
	header, err := from.Peek(HeaderBytes)
	if err != nil && err != io.EOF {
		return nil, err
	}
	id, isSealed := KeyOfBlob(header)
	if !isSealed {
		return from, nil
	}
	master, err := keys.Key(id)
	if err != nil {
		return nil, err
	}
	key := blobKey(master, tenant, header[saltAt:tagAt])
	if !hmac.Equal(mac(key, []byte(sha256)), header[tagAt:HeaderBytes]) {
		return nil, errors.New("it is another blob, or was changed")
	}
	if _, err := from.Discard(HeaderBytes); err != nil {
		return nil, err
	}
	open := func(chunk, nonce []byte) ([]byte, error) {
		opened, err := Decrypt(key, append(nonce, chunk...), nil)
		if err != nil {
			return nil, &ChangedError{err}
		}
		return opened, nil
	}
	return &chunked{from: from, bytes: sealedBytes, change: open}, nil
}

// ChangedError is that of a chunk which is not what was stored.
type ChangedError struct{ error }

// Unwrap gives why.
func (e *ChangedError) Unwrap() error { return e.error }

// chunked reads a content chunk by chunk, and gives what is made of each.
type chunked struct {
	from   *bufio.Reader
	bytes  int
	change func(chunk, nonce []byte) ([]byte, error)
	index  uint32
	ready  []byte
	isLast bool
}

func (c *chunked) Read(into []byte) (int, error) {
	for len(c.ready) == 0 {
		if c.isLast {
			return 0, io.EOF
		}
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	n := copy(into, c.ready)
	c.ready = c.ready[n:]
	return n, nil
}

func (c *chunked) next() error {
	chunk := make([]byte, c.bytes)
	n, err := io.ReadFull(c.from, chunk)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	_, err = c.from.Peek(1)
	if c.isLast = err == io.EOF; err != nil && !c.isLast {
		return err
	}
	c.ready, err = c.change(chunk[:n], nonceOf(c.index, c.isLast))
	c.index++
	return err
}

// KeyOfBlob gives the id of the key that a blob which begins like that is encrypted with, and whether it is.
func KeyOfBlob(start []byte) (string, bool) {
	if len(start) < HeaderBytes || !bytes.HasPrefix(start, []byte(magic)) {
		return "", false
	}
	return string(start[idAt : idAt+min(int(start[len(magic)]), idBytesMax)]), true
}

func blobKey(key []byte, tenant string, salt []byte) []byte {
	return derive(key, "treadle blob", tenant, hex.EncodeToString(salt))
}

// nonceOf: none comes twice under a key, since each stored blob has a key of its own.
func nonceOf(index uint32, isLast bool) []byte {
	nonce := make([]byte, nonceBytes)
	binary.BigEndian.PutUint32(nonce[nonceBytes-5:], index)
	if isLast {
		nonce[nonceBytes-1] = 1
	}
	return nonce
}
