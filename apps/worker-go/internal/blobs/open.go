// Package blobs stores large values by their content: SHA-256 of their bytes, by tenant.
package blobs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"treadle.dev/treadle/internal/encryption"
	"treadle.dev/treadle/internal/values"
)

// Open opens a store; whether it can be used shows Check. A folder is made when it is missing, an S3 bucket has to be there.
// address: `file:///folder`, or `s3://bucket/prefix?endpoint=http://127.0.0.1:9000&region=us-east-1`; prefix and query may be left out.
// What is stored is encrypted where there are keys; what was stored before there were any is read as it is.
func Open(ctx context.Context, address string, keys *encryption.Keyring) (values.Store, error) {
	raw, err := openRaw(ctx, address)
	if err != nil {
		return nil, err
	}
	return &store{rawStore: raw, keys: keys}, nil
}

// rawStore is where blobs lie, as bytes that nobody looks into.
type rawStore interface {
	// place returns once the bytes are durable.
	place(ctx context.Context, tenant, name string, stored sealed) error
	// read gives an ErrLost where there is no such blob.
	read(ctx context.Context, tenant, name string) (io.ReadCloser, error)
	Check(ctx context.Context) error
}

// sealed is a content as it is stored: encrypted, where there are keys.
type sealed struct {
	io.Reader
	size int64
	// keys are those of which the newest has encrypted it; nil: none has.
	keys *encryption.Keyring
}

type store struct {
	rawStore
	keys *encryption.Keyring
}

// Put stores the content under its name.
func (s *store) Put(ctx context.Context, tenant string, content *values.Content) error {
	return s.place(ctx, tenant, content.SHA256, sealed{
		Reader: encryption.SealBlob(s.keys, tenant, content.SHA256, content.Reader()),
		size:   encryption.SealedSize(s.keys, content.Size),
		keys:   s.keys,
	})
}

// Open gives the content, which is checked against its name as it is read.
func (s *store) Open(ctx context.Context, tenant, name string) (io.ReadCloser, error) {
	stored, err := s.read(ctx, tenant, name)
	if err != nil {
		return nil, err
	}
	content, err := encryption.OpenBlob(s.keys, tenant, name, stored)
	if err != nil {
		_ = stored.Close()
		return nil, undecryptable(name, err)
	}
	return verify(content, stored, name), nil
}

func openRaw(ctx context.Context, address string) (rawStore, error) {
	parsed, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("blobs are at file:///folder or s3://bucket")
	}
	switch {
	case parsed.Scheme == "file" && parsed.Path != "":
		return &Folder{root: parsed.Path}, nil
	case parsed.Scheme == "s3" && parsed.Host != "":
		query := parsed.Query()
		for name := range query {
			if name != "endpoint" && name != "region" {
				return nil, fmt.Errorf("the URL of the blobs has endpoint and region, not %q", name)
			}
		}
		prefix := strings.Trim(parsed.Path, "/")
		return openS3(ctx, s3Options{bucket: parsed.Host, prefix: prefix, endpoint: query.Get("endpoint"), region: query.Get("region")})
	default:
		return nil, errors.New("blobs are at file:///folder or s3://bucket")
	}
}
