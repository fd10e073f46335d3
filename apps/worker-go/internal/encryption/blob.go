package encryption

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
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

// SealBlob gives the content as it is stored; without keys, as it is.
func SealBlob(keys *Keyring, tenant, sha256 string, content []byte) []byte {
	if keys == nil {
		return content
	}
	salt := make([]byte, saltBytes)
	rand.Read(salt) // Never fails: it would end the process.
	key := blobKey(keys.keys[keys.current], tenant, salt)
	stored := make([]byte, HeaderBytes, HeaderBytes+len(content)+(len(content)/chunkBytes+1)*tagBytes)
	copy(stored, magic)
	stored[len(magic)] = byte(copy(stored[idAt:saltAt], keys.current))
	copy(stored[saltAt:], salt)
	copy(stored[tagAt:], mac(key, []byte(sha256)))
	for index := uint32(0); ; index++ {
		chunk := content[:min(chunkBytes, len(content))]
		content = content[len(chunk):]
		stored = append(stored, Encrypt(key, chunk, nil, nonceOf(index, len(content) == 0))[nonceBytes:]...)
		if len(content) == 0 {
			return stored
		}
	}
}

// OpenBlob gives the content, whether it was encrypted or not.
func OpenBlob(keys *Keyring, tenant, sha256 string, stored []byte) ([]byte, error) {
	id, isSealed := KeyOfBlob(stored)
	if !isSealed {
		return stored, nil
	}
	master, err := keys.Key(id)
	if err != nil {
		return nil, err
	}
	key := blobKey(master, tenant, stored[saltAt:tagAt])
	if !hmac.Equal(mac(key, []byte(sha256)), stored[tagAt:HeaderBytes]) {
		return nil, errors.New("it is another blob, or was changed")
	}
	body := stored[HeaderBytes:]
	content := make([]byte, 0, len(body))
	for index := uint32(0); len(body) > 0; index++ {
		chunk := body[:min(sealedBytes, len(body))]
		body = body[len(chunk):]
		opened, err := Decrypt(key, append(nonceOf(index, len(body) == 0), chunk...), nil)
		if err != nil {
			return nil, err
		}
		content = append(content, opened...)
	}
	return content, nil
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
