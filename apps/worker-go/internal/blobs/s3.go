package blobs

import (
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
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"treadle.dev/treadle/internal/encryption"
	"treadle.dev/treadle/internal/values"
)

const (
	connectTimeout = 3 * time.Second
	answerTimeout  = 30 * time.Second
	// What is larger goes in parts of this size, of which so many are in memory at once.
	partBytes   = 8 * 1024 * 1024
	partsAtOnce = 2
)

type s3Options struct {
	bucket, prefix string
	// endpoint is "" for AWS.
	endpoint, region string
}

// S3 keeps blobs as objects: `[<prefix>/]<tenant>/<sha256>`. Works with any server of the S3 protocol.
type S3 struct {
	client         *s3.Client
	uploads        *transfermanager.Client
	bucket, prefix string
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
	objects := s3.NewFromConfig(loaded, func(o *s3.Options) {
		if options.endpoint != "" {
			o.BaseEndpoint = &options.endpoint
			o.UsePathStyle = true // Other servers have no host name for each bucket.
		}
		// Not every server knows the newer checksums; ours is the name.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	})
	uploads := transfermanager.New(objects, func(o *transfermanager.Options) {
		o.PartSizeBytes, o.MultipartUploadThreshold, o.Concurrency = partBytes, partBytes, partsAtOnce
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
	})
	return &S3{client: objects, uploads: uploads, bucket: options.bucket, prefix: options.prefix}, nil
}

func (s *S3) keyOf(tenant, name string) *string {
	return aws.String(strings.TrimPrefix(s.prefix+"/"+tenant+"/"+name, "/"))
}

// place stores the content, unless it is there in its whole size and encrypted with the same key: one that was exchanged is to fall out
// of use. In parts where it is large.
func (s *S3) place(ctx context.Context, tenant, name string, stored sealed) error {
	key := s.keyOf(tenant, name)
	head, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: key})
	if err == nil && aws.ToInt64(head.ContentLength) == stored.size {
		same, err := s.hasKeyOf(ctx, key, stored.keys)
		if same || err != nil {
			return err
		}
	}
	if err != nil && !isNotFound(err) {
		return err
	}
	_, err = s.uploads.UploadObject(ctx, &transfermanager.UploadObjectInput{Bucket: &s.bucket, Key: key, Body: stored.Reader})
	if statusOf(err) == http.StatusInsufficientStorage {
		return fmt.Errorf("%w: %w", values.ErrFull, err)
	}
	return err
}

func (s *S3) hasKeyOf(ctx context.Context, key *string, keys *encryption.Keyring) (bool, error) {
	if keys == nil {
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
	return found == keys.Current(), nil
}

func (s *S3) read(ctx context.Context, tenant, name string) (io.ReadCloser, error) {
	object, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: s.keyOf(tenant, name)})
	if isNotFound(err) {
		return nil, missing(name)
	}
	if err != nil {
		return nil, err
	}
	return object.Body, nil
}

// Check asks for the bucket.
func (s *S3) Check(ctx context.Context) error {
	_, err := s.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &s.bucket})
	return err
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
