// Package blobs stores large values by their content: SHA-256 of their bytes, by tenant.
package blobs

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"treadle.dev/treadle/internal/values"
)

// Open opens a store; whether it can be used shows Check. A folder is made when it is missing, an S3 bucket has to be there.
// address: `file:///folder`, or `s3://bucket/prefix?endpoint=http://127.0.0.1:9000&region=us-east-1`; prefix and query may be left out.
func Open(ctx context.Context, address string) (values.Store, error) {
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

func missing(name string) error { return fmt.Errorf("there is no blob %s: %w", name, values.ErrLost) }

// verified gives the content where it is that of the name.
func verified(content []byte, name string) ([]byte, error) {
	if found := values.NameOf(content).SHA256; found != name {
		return nil, fmt.Errorf("the blob %s has the content of %s: %w", name, found, values.ErrLost)
	}
	return content, nil
}
