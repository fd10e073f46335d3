package codec

import (
	"crypto/rand"
	"errors"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

const (
	encodingKey = "encoding"
	keyIDKey    = "encryption-key-id"
	encrypted   = "binary/encrypted"
)

// Converter encrypts all that is handed to Temporal, and decrypts what comes; details of failures too, their messages not.
func (k *Keyring) Converter() converter.DataConverter {
	return converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), k)
}

// Encode encrypts whole payloads: nonce, ciphertext and tag, one after the other.
func (k *Keyring) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	sealed := make([]*commonpb.Payload, len(payloads))
	for i, payload := range payloads {
		text, err := proto.Marshal(payload)
		if err != nil {
			return nil, err
		}
		sealer := k.keys[k.current]
		nonce := make([]byte, sealer.NonceSize())
		if _, err := rand.Read(nonce); err != nil {
			return nil, err
		}
		sealed[i] = &commonpb.Payload{
			Metadata: map[string][]byte{encodingKey: []byte(encrypted), keyIDKey: []byte(k.current)},
			Data:     sealer.Seal(nonce, nonce, text, nil),
		}
	}
	return sealed, nil
}

// Decode passes on what is not encrypted: it was written before there was a key.
func (k *Keyring) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	opened := make([]*commonpb.Payload, len(payloads))
	for i, payload := range payloads {
		opened[i] = payload
		if string(payload.GetMetadata()[encodingKey]) != encrypted {
			continue
		}
		id := string(payload.GetMetadata()[keyIDKey])
		sealer := k.keys[id]
		if sealer == nil {
			return nil, fmt.Errorf("there is no key %s to decrypt with", id)
		}
		data := payload.GetData()
		if len(data) < sealer.NonceSize()+sealer.Overhead() {
			return nil, errors.New("what is encrypted is cut off")
		}
		text, err := sealer.Open(nil, data[:sealer.NonceSize()], data[sealer.NonceSize():], nil)
		if err != nil {
			return nil, errors.New("what is encrypted was changed, or has another key under this id")
		}
		opened[i] = &commonpb.Payload{}
		if err := proto.Unmarshal(text, opened[i]); err != nil {
			return nil, err
		}
	}
	return opened, nil
}
