package model

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"treadle.dev/treadle/internal/contract"
	egress "treadle.dev/treadle/internal/net"
	"treadle.dev/treadle/internal/secrets"
)

const (
	// silenceMax: a stream that is silent for longer counts as broken; the node's own timeout is usually shorter.
	silenceMax     = 5 * time.Minute
	headersMax     = 10 * time.Minute
	connectTimeout = 10 * time.Second
	idleTimeout    = 90 * time.Second
	redirectsMax   = 10

	defaultBaseURL = "https://api.openai.com/v1"
	// noKey: servers of one's own often ask for no key, but the protocol's header wants one.
	noKey = "none"
)

// Client calls a model server. It retries nothing: attempts are Treadle's, and are seen in the log.
type Client struct {
	apiKey, baseURL string
	secrets         *secrets.Secrets
	http            *http.Client
}

// NewClient makes a client. apiKey and baseURL may be empty: then models need a key of their own, and the server is OpenAI's.
func NewClient(apiKey, baseURL string, secrets *secrets.Secrets) *Client {
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: connectTimeout}).DialContext,
		TLSHandshakeTimeout:   connectTimeout,
		ResponseHeaderTimeout: headersMax,
		IdleConnTimeout:       idleTimeout,
		MaxIdleConnsPerHost:   256, // One for each node that runs at the same time.
		DisableCompression:    true,
	}
	return &Client{
		apiKey: apiKey, baseURL: baseURL, secrets: secrets,
		http: &http.Client{Transport: transport, CheckRedirect: sameOriginOnly},
	}
}

// sameOriginOnly: the key was given for this server.
func sameOriginOnly(request *http.Request, via []*http.Request) error {
	first := via[0].URL
	if len(via) > redirectsMax || request.URL.Scheme != first.Scheme || request.URL.Host != first.Host {
		return http.ErrUseLastResponse
	}
	return nil
}

// Close lets idle connections go.
func (c *Client) Close() { c.http.CloseIdleConnections() }

func (c *Client) keyFor(ctx context.Context, model contract.PlanModel, use secrets.Use) (string, error) {
	switch {
	case model.APIKey != nil:
		value, err := c.secrets.Value(ctx, model.APIKey.Secret, use)
		return model.APIKey.Prefix + value, err
	case c.apiKey != "":
		return c.apiKey, nil
	case c.baseURL != "":
		return noKey, nil
	default:
		return "", contract.NewError("auth", "The worker has no key for models: give it OPENAI_API_KEY (or OPENAI_BASE_URL of a server "+
			"that needs none), or the model an `apiKey`.")
	}
}

// post sends a request and gives the stream of its answer, which the caller closes. Errors are by the one taxonomy, but for ctx's own.
func (c *Client) post(ctx context.Context, run contract.RunRef, model contract.PlanModel, body []byte) (io.ReadCloser, error) {
	base := c.baseURL
	if base == "" {
		base = defaultBaseURL
	}
	server, err := egress.ParseURL(base, nil)
	if err != nil {
		return nil, contract.NewError("invalid_request", "OPENAI_BASE_URL is not a URL.")
	}
	key, err := c.keyFor(ctx, model, secrets.Use{Run: run, Host: server.Host})
	if err != nil {
		return nil, err
	}
	address := strings.TrimRight(base, "/") + "/chat/completions"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(string(body)))
	if err != nil {
		return nil, contract.NewError("invalid_request", "The request to the model server cannot be sent.")
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("User-Agent", "treadle")
	if strings.ContainsAny(key, "\r\n\x00") {
		return nil, contract.NewError("auth", "The key of the model holds a character that HTTP cannot carry.")
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, connectError(ctx, err)
	}
	if response.StatusCode >= 300 {
		defer response.Body.Close()
		return nil, answerError(response)
	}
	return response.Body, nil
}

func connectError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var timeout interface{ Timeout() bool }
	if errors.As(err, &timeout) && timeout.Timeout() {
		return &contract.Error{Type: "timeout", Message: "The model server did not answer in time.", Cause: err}
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // Without the address, which may hold what only the operator is to see.
	}
	return &contract.Error{Type: "unavailable", Message: "The model server cannot be reached" + reasonOf(err) + ".", Cause: err}
}
