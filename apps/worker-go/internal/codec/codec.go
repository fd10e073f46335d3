// Package codec stands between the worker and Temporal, in the format of docs/encryption.md.
package codec

import (
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"

	"treadle.dev/treadle/internal/encryption"
)

const (
	encodingKey = "encoding"
	keyIDKey    = "encryption-key-id"
	encrypted   = "binary/encrypted"
)

// Codec encrypts whole payloads.
type Codec struct {
	Keys *encryption.Keyring
}

// Converter encrypts all that is handed to Temporal, and decrypts what comes; details of failures too.
func Converter(keys *encryption.Keyring) converter.DataConverter {
	return converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), &Codec{Keys: keys})
}

// Encode gives nonce, ciphertext and tag, one after the other.
func (c *Codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	id := c.Keys.Current()
	key, err := c.Keys.Key(id)
	if err != nil {
		return nil, err
	}
	sealed := make([]*commonpb.Payload, len(payloads))
	for i, payload := range payloads {
		text, err := proto.Marshal(payload)
		if err != nil {
			return nil, err
		}
		sealed[i] = &commonpb.Payload{
			Metadata: map[string][]byte{encodingKey: []byte(encrypted), keyIDKey: []byte(id)},
			Data:     encryption.Encrypt(key, text, nil, nil),
		}
	}
	return sealed, nil
}

// Decode passes on what is not encrypted: it was written before there was a key.
func (c *Codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	opened := make([]*commonpb.Payload, len(payloads))
	for i, payload := range payloads {
		opened[i] = payload
		if string(payload.GetMetadata()[encodingKey]) != encrypted {
			continue
		}
		key, err := c.Keys.Key(string(payload.GetMetadata()[keyIDKey]))
		if err != nil {
			return nil, err
		}
		text, err := encryption.Decrypt(key, payload.GetData(), nil)
		if err != nil {
			return nil, err
		}
		opened[i] = &commonpb.Payload{}
		if err := proto.Unmarshal(text, opened[i]); err != nil {
			return nil, err
		}
	}
	return opened, nil
}
