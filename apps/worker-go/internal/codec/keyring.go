// Package codec encrypts what Temporal is given, in the format of docs/encryption.md.
package codec

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

const keyBytes = 32

var entryForm = regexp.MustCompile(`^([A-Za-z0-9._-]{1,64})=([A-Za-z0-9+/_-]+={0,2})$`)

// Keyring has keys by id. The first one encrypts; all of them decrypt, so a new one is put before the others and an old one taken out
// last.
type Keyring struct {
	current string
	keys    map[string]cipher.AEAD
}

// ParseKeyring reads `id=base64,id2=base64…`: keys of 32 bytes, the one that encrypts first. The error ends the sentence
// "TREADLE_ENCRYPTION_KEYS …", and shows no key.
func ParseKeyring(text string) (*Keyring, error) {
	ring := &Keyring{keys: map[string]cipher.AEAD{}}
	for entry := range strings.SplitSeq(text, ",") {
		parts := entryForm.FindStringSubmatch(strings.TrimSpace(entry))
		if parts == nil {
			return nil, errors.New("has an entry that is not id=base64")
		}
		id := parts[1]
		if ring.keys[id] != nil {
			return nil, fmt.Errorf("has the id %s twice", id)
		}
		standard := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(parts[2], "="))
		key, err := base64.RawStdEncoding.DecodeString(standard)
		if err != nil || len(key) != keyBytes {
			return nil, fmt.Errorf("has a key %s of %d bytes, and keys have %d", id, len(key), keyBytes)
		}
		if ring.keys[id], err = sealerOf(key); err != nil {
			return nil, err
		}
		if ring.current == "" {
			ring.current = id
		}
	}
	return ring, nil
}

func sealerOf(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
