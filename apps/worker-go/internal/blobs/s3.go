package blobs

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"

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

// Put stores the content, unless it is there in its whole size.
func (s *S3) Put(ctx context.Context, tenant string, blob values.Blob, content []byte) error {
	key := s.keyOf(tenant, blob.SHA256)
	head, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: key})
	if err == nil && aws.ToInt64(head.ContentLength) == blob.Size {
		return nil
	}
	if err != nil && !isNotFound(err) {
		return err
	}
	_, err = s.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &s.bucket, Key: key, Body: bytes.NewReader(content), ContentLength: &blob.Size,
	})
	return err
}

// Get gives the content, which is checked against its name.
func (s *S3) Get(ctx context.Context, tenant, name string) ([]byte, error) {
	object, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: s.keyOf(tenant, name)})
	if isNotFound(err) {
		return nil, missing(name)
	}
	if err != nil {
		return nil, err
	}
	defer object.Body.Close()
	content, err := io.ReadAll(object.Body)
	if err != nil {
		return nil, err
	}
	return verified(content, name)
}

func isNotFound(err error) bool {
	var answer *awshttp.ResponseError
	return errors.As(err, &answer) && answer.HTTPStatusCode() == http.StatusNotFound
}
