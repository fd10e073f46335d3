// Package encryption has the keys, and encrypts what is stored, in the formats of docs/encryption.md.
package encryption

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
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
	keys    map[string][]byte
}

// ParseKeyring reads `id=base64,id2=base64…`: keys of 32 bytes, the one that encrypts first. The error ends the sentence
// "TREADLE_ENCRYPTION_KEYS …", and shows no key.
func ParseKeyring(text string) (*Keyring, error) {
	ring := &Keyring{keys: map[string][]byte{}}
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
		ring.keys[id] = key
		if ring.current == "" {
			ring.current = id
		}
	}
	return ring, nil
}

// Current gives the id of the key that encrypts.
func (k *Keyring) Current() string { return k.current }

// ErrNoKey: what is encrypted has a key that is not on the ring of this process; another one may have it.
var ErrNoKey = errors.New("its key is not here")

// Key gives the key of that id; a ring that is nil has none.
func (k *Keyring) Key(id string) ([]byte, error) {
	if k == nil || k.keys[id] == nil {
		return nil, fmt.Errorf("there is no key %s to decrypt with: %w", id, ErrNoKey)
	}
	return k.keys[id], nil
}

// derive gives a key for one purpose and place: HMAC-SHA256 of a name, in which label is the purpose. No part may hold a NUL.
func derive(key []byte, label string, parts ...string) []byte {
	return mac(key, []byte(strings.Join(append([]string{label}, parts...), "\x00")))
}

func mac(key []byte, parts ...[]byte) []byte {
	hash := hmac.New(sha256.New, key)
	for _, part := range parts {
		hash.Write(part)
	}
	return hash.Sum(nil)
}

// nonceBytes and tagBytes are those of AES-256-GCM.
const (
	nonceBytes = 12
	tagBytes   = 16
)

// Encrypt gives nonce, ciphertext and tag, one after the other. nonce has to come once under the key; nil: a random one.
func Encrypt(key, text, aad, nonce []byte) []byte {
	if nonce == nil {
		nonce = make([]byte, nonceBytes)
		rand.Read(nonce) // Never fails: it would end the process.
	}
	return aeadOf(key).Seal(nonce[:nonceBytes:nonceBytes], nonce, text, aad)
}

// Decrypt opens what Encrypt gave.
func Decrypt(key, sealed, aad []byte) ([]byte, error) {
	if len(sealed) < nonceBytes+tagBytes {
		return nil, errors.New("what is encrypted is cut off")
	}
	text, err := aeadOf(key).Open(nil, sealed[:nonceBytes], sealed[nonceBytes:], aad)
	if err != nil {
		return nil, errors.New("what is encrypted was changed, or has another key under this id")
	}
	return text, nil
}

// aeadOf: keys have 32 bytes, which AES takes.
func aeadOf(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return aead
}
