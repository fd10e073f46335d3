package mcp

import (
	"fmt"
	"io"
	"net/http"
	"sync"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/net"
	"treadle.dev/treadle/internal/secrets"
)

const (
	// sessionBytesMax is that of all that a server sends in one session.
	sessionBytesMax = 10 * 1024 * 1024
	errorBytesMax   = 64 * 1024
)

// bounded carries the requests of one session. It remembers the first thing that went wrong, since the client tells it in words of its
// own.
type bounded struct {
	through  http.RoundTripper
	headers  map[string]string
	redactor *secrets.Redactor
	host     string

	mu     sync.Mutex
	bytes  int
	failed error
}

func (b *bounded) failure() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failed
}

func (b *bounded) fail(err error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failed == nil {
		b.failed = err
	}
	return err
}

// checkRedirect keeps to the server's origin, so that no header goes elsewhere.
func (b *bounded) checkRedirect(request *http.Request, via []*http.Request) error {
	if len(via) > net.RedirectsMax {
		return b.fail(contract.NewError("invalid_request", fmt.Sprintf("%s redirects more than %d times.", b.host, net.RedirectsMax)))
	}
	if !net.IsSameOrigin(request.URL, via[0].URL) {
		return http.ErrUseLastResponse
	}
	return nil
}

// RoundTrip sends one request.
func (b *bounded) RoundTrip(request *http.Request) (*http.Response, error) {
	// A transport may not change the request that it is given.
	request = request.Clone(request.Context())
	request.Header.Set("Accept-Encoding", "identity")
	for name, value := range b.headers {
		request.Header.Set(name, value)
	}
	response, err := b.through.RoundTrip(request)
	if err != nil {
		if request.Method == http.MethodPost {
			return nil, b.fail(net.ToError(request.Context(), err, "The MCP server "+b.host))
		}
		return nil, err
	}
	if response.StatusCode >= 400 && request.Method == http.MethodPost {
		defer response.Body.Close()
		text, _ := io.ReadAll(io.LimitReader(response.Body, errorBytesMax))
		return nil, b.fail(net.StatusError(response.StatusCode, response.Header, string(text), b.host, b.redactor))
	}
	response.Body = &meteredBody{ReadCloser: response.Body, session: b}
	return response, nil
}

// meteredBody counts what a server sends.
type meteredBody struct {
	io.ReadCloser
	session *bounded
}

func (m *meteredBody) Read(into []byte) (int, error) {
	n, err := m.ReadCloser.Read(into)
	m.session.mu.Lock()
	m.session.bytes += n
	isTooMuch := m.session.bytes > sessionBytesMax
	m.session.mu.Unlock()
	if isTooMuch {
		message := fmt.Sprintf("The MCP server sent more than %d bytes.", sessionBytesMax)
		return 0, m.session.fail(contract.NewError("tool_error", message))
	}
	return n, err
}
