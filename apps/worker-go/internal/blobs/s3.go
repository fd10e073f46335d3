package blobs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"treadle.dev/treadle/internal/encryption"
	"treadle.dev/treadle/internal/values"
)

const (
	connectTimeout = 3 * time.Second
	answerTimeout  = 30 * time.Second
)

type s3Options struct {
	bucket, prefix string
	// endpoint is "" for AWS.
	endpoint, region string
}

// S3 keeps blobs as objects: `[<prefix>/]<tenant>/<sha256>`. Works with any server of the S3 protocol.
type S3 struct {
	client *s3.Client
	bucket string
	prefix string
}

// openS3 takes credentials from the SDK's own chain (environment, profile, instance).
func openS3(ctx context.Context, options s3Options) (*S3, error) {
	client := awshttp.NewBuildableClient().
		WithDialerOptions(func(dialer *net.Dialer) { dialer.Timeout = connectTimeout }).
		WithTransportOptions(func(transport *http.Transport) { transport.ResponseHeaderTimeout = answerTimeout })
	loaded, err := config.LoadDefaultConfig(ctx, config.WithHTTPClient(client), config.WithRegion(options.region))
	if err != nil {
		return nil, err
	}
	return &S3{
		bucket: options.bucket,
		prefix: options.prefix,
		client: s3.NewFromConfig(loaded, func(o *s3.Options) {
			if options.endpoint != "" {
				o.BaseEndpoint = &options.endpoint
				o.UsePathStyle = true // Other servers have no host name for each bucket.
			}
			// Not every server knows the newer checksums; ours is the name.
			o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
			o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		}),
	}, nil
}

func (s *S3) keyOf(tenant, name string) *string {
	return aws.String(strings.TrimPrefix(s.prefix+"/"+tenant+"/"+name, "/"))
}

// place stores the content, unless it is there in its whole size and encrypted with the same key: one that was exchanged is to fall out
// of use.
func (s *S3) place(ctx context.Context, tenant, name string, content []byte) error {
	key, size := s.keyOf(tenant, name), int64(len(content))
	head, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: key})
	if err == nil && aws.ToInt64(head.ContentLength) == size {
		same, err := s.hasKeyOf(ctx, key, content)
		if same || err != nil {
			return err
		}
	}
	if err != nil && !isNotFound(err) {
		return err
	}
	_, err = s.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &s.bucket, Key: key, Body: bytes.NewReader(content), ContentLength: &size,
	})
	if statusOf(err) == http.StatusInsufficientStorage {
		return fmt.Errorf("%w: %w", values.ErrFull, err)
	}
	return err
}

func (s *S3) hasKeyOf(ctx context.Context, key *string, content []byte) (bool, error) {
	id, isSealed := encryption.KeyOfBlob(content)
	if !isSealed {
		return true, nil
	}
	start := fmt.Sprintf("bytes=0-%d", encryption.HeaderBytes-1)
	object, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: key, Range: &start})
	if err != nil {
		return false, err
	}
	defer object.Body.Close()
	header, err := io.ReadAll(object.Body)
	if err != nil {
		return false, err
	}
	found, _ := encryption.KeyOfBlob(header)
	return found == id, nil
}

func (s *S3) read(ctx context.Context, tenant, name string) ([]byte, error) {
	object, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: s.keyOf(tenant, name)})
	if isNotFound(err) {
		return nil, missing(name)
	}
	if err != nil {
		return nil, err
	}
	defer object.Body.Close()
	return io.ReadAll(object.Body)
}

func isNotFound(err error) bool { return statusOf(err) == http.StatusNotFound }

// statusOf gives the status that the server answered with; 0 where it did not.
func statusOf(err error) int {
	var answer *awshttp.ResponseError
	if !errors.As(err, &answer) {
		return 0
	}
	return answer.HTTPStatusCode()
}
