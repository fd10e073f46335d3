package net

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"

	"treadle.dev/treadle/internal/contract"
)

// Call is one request. Names of headers are in lower case.
type Call struct {
	Method  string
	URL     *url.URL
	Headers map[string]string
	// Credentials are names of headers that are not sent on to another origin.
	Credentials map[string]bool
	// Body is nil for none.
	Body *Body
}

// Body is that of a request; it may be opened again after a redirect.
type Body struct {
	Size int64
	Open func() (io.ReadCloser, error)
}

// TextBody is a body that is at hand.
func TextBody(text string) *Body {
	return &Body{Size: int64(len(text)), Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}
}

// Answer is what came, unpacked. Whoever gets it closes it.
type Answer struct {
	Status  int
	Headers http.Header
	// Body is the whole body, or its first bytes where Rest has what comes after them; errors of Rest are by the one taxonomy.
	Body []byte
	Rest io.Reader

	connection io.Closer
}

// Close lets go of what was not read.
func (a *Answer) Close() { _ = a.connection.Close() }

// RedirectsMax is how many are followed.
const RedirectsMax = 3

var redirects = map[int]bool{301: true, 302: true, 303: true, 307: true, 308: true}

// alwaysCredentials are headers that carry credentials whoever gave them.
var alwaysCredentials = map[string]bool{"authorization": true, "cookie": true, "proxy-authorization": true}

// packedBytesMax: packing is not asked for, and a small body must not unpack to a huge one. Of what comes out.
const packedBytesMax = 10 * 1024 * 1024

// Exchange makes one request and gives its answer, redirects followed (three at most; credentials stay with the origin that they were
// given for). Of the body it reads a little more than bodyBytesMax. Errors are by the one taxonomy, but for ctx's own.
func Exchange(ctx context.Context, transport http.RoundTripper, call Call, bodyBytesMax int) (*Answer, error) {
	for followed := 0; ; followed++ {
		answer, err := send(ctx, transport, call, bodyBytesMax)
		if err != nil {
			return nil, err
		}
		location := answer.Headers.Get("Location")
		if !redirects[answer.Status] || location == "" {
			return answer, nil
		}
		answer.Close()
		if followed == RedirectsMax {
			return nil, invalid(fmt.Sprintf("%s redirects more than %d times.", call.URL.Host, RedirectsMax))
		}
		if call, err = follow(call, answer.Status, location); err != nil {
			return nil, err
		}
	}
}

func send(ctx context.Context, transport http.RoundTripper, call Call, bodyBytesMax int) (*Answer, error) {
	request, err := newRequest(ctx, call)
	if err != nil {
		return nil, err
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return nil, ToError(ctx, err, call.URL.Host)
	}
	answer := &Answer{Status: response.StatusCode, Headers: response.Header, connection: response.Body}
	answer.Body, answer.Rest, err = readBody(response.Body, response.Header.Get("Content-Encoding"), bodyBytesMax)
	if err != nil {
		answer.Close()
		return nil, ToError(ctx, err, call.URL.Host)
	}
	if answer.Rest != nil {
		answer.Rest = &told{ctx: ctx, from: answer.Rest, host: call.URL.Host}
	}
	return answer, nil
}

// told gives its errors by the one taxonomy.
type told struct {
	ctx  context.Context
	from io.Reader
	host string
}

func (t *told) Read(into []byte) (int, error) {
	n, err := t.from.Read(into)
	if err != nil && err != io.EOF {
		err = ToError(t.ctx, err, t.host)
	}
	return n, err
}

func newRequest(ctx context.Context, call Call) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, call.Method, call.URL.String(), nil)
	if err != nil {
		return nil, invalid("The request cannot be sent: its method or url is not one of HTTP.")
	}
	if call.Body != nil {
		request.ContentLength, request.GetBody = call.Body.Size, call.Body.Open
		if request.Body, err = call.Body.Open(); err != nil {
			return nil, err
		}
		if call.Body.Size == 0 {
			request.Body = http.NoBody // Else its length would count as not known.
		}
	}
	request.Header.Set("Accept-Encoding", "identity")
	request.Header["User-Agent"] = []string{""} // None, unless the author gives one.
	for name, value := range call.Headers {
		switch name {
		case "host":
			request.Host = value
		case "connection", "keep-alive", "transfer-encoding", "upgrade", "expect", "content-length":
			return nil, invalid("The request cannot be sent: the header \"" + name + "\" belongs to the connection.")
		default:
			request.Header.Set(name, value)
		}
	}
	return request, nil
}

func follow(call Call, status int, location string) (Call, error) {
	target, err := ParseURL(location, call.URL)
	if err != nil {
		return call, invalid(call.URL.Host + " redirects to something that is not a URL.")
	}
	if err := CheckProtocol(target); err != nil {
		return call, err
	}
	isSameOrigin := IsSameOrigin(target, call.URL)
	// As browsers do: after 303 always, after 301 and 302 where a POST was sent, the new place is asked by GET.
	becomesGet := status == http.StatusSeeOther && call.Method != http.MethodHead ||
		status < http.StatusSeeOther && call.Method == http.MethodPost
	next := Call{Method: call.Method, URL: target, Headers: map[string]string{}, Credentials: call.Credentials, Body: call.Body}
	if becomesGet {
		next.Method, next.Body = http.MethodGet, nil
	}
	for name, value := range call.Headers {
		if !isSameOrigin && (call.Credentials[name] || alwaysCredentials[name]) || becomesGet && name == "content-type" {
			continue
		}
		next.Headers[name] = value
	}
	return next, nil
}

// IsSameOrigin compares protocol, host and port.
func IsSameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && authorityOf(a) == authorityOf(b)
}

// authorityOf gives host and port, in lower case, the port also where it is the usual one.
func authorityOf(target *url.URL) string {
	port := target.Port()
	if port == "" {
		port = defaultPorts[target.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(target.Hostname()), port)
}

// CheckProtocol refuses everything but http and https.
func CheckProtocol(target *url.URL) error {
	if target.Scheme != "https" && target.Scheme != "http" || target.Host == "" {
		return invalid("Tools speak http and https, not \"" + target.Scheme + ":\".")
	}
	return nil
}

func invalid(message string) error { return contract.NewError("invalid_request", message) }

// ToError says what a request met that got no answer, by the one taxonomy, but for ctx's own end.
func ToError(ctx context.Context, err error, host string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if known := contract.AsError(err); known != nil {
		return known
	}
	if errors.Is(err, os.ErrDeadlineExceeded) || isTimeout(err) {
		return &contract.Error{Type: "timeout", Message: host + " did not answer in time.", Cause: err}
	}
	return &contract.Error{Type: "unavailable", Message: host + " cannot be reached, or broke off" + Reason(err) + ".", Cause: err}
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}

var codes = map[error]string{
	syscall.ECONNREFUSED: "ECONNREFUSED", syscall.ECONNRESET: "ECONNRESET", syscall.EHOSTUNREACH: "EHOSTUNREACH",
	syscall.ENETUNREACH: "ENETUNREACH", syscall.EPIPE: "EPIPE",
}

// Reason gives the code of a lost or refused connection in brackets, as ` (ECONNREFUSED)`; "" where there is none.
func Reason(err error) string {
	for code, name := range codes {
		if errors.Is(err, code) {
			return " (" + name + ")"
		}
	}
	var lookup *net.DNSError
	if errors.As(err, &lookup) && lookup.IsNotFound {
		return " (ENOTFOUND)"
	}
	return ""
}
