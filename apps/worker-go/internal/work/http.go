package work

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
	"treadle.dev/treadle/internal/net"
	"treadle.dev/treadle/internal/secrets"
	"treadle.dev/treadle/internal/values"
)

const (
	answerBytesMax = 10 * 1024 * 1024
	// binaryBytesMax: binary answers are small or not for here; base64 makes them a third larger still.
	binaryBytesMax          = 1024 * 1024
	idempotencyKeyLengthMax = 255
	errorTextLengthMax      = 500
)

// HTTPParts is what calls of http tools need.
type HTTPParts struct {
	Secrets   *secrets.Secrets
	Redactor  *secrets.Redactor
	Transport http.RoundTripper
}

// HTTP makes one call of an http tool. Its output: the parsed value of a JSON answer; the text of any other text; null where there is
// none; `{ contentType, base64 }` of anything else, up to 1 MiB. A status of 400 and more is an error by its meaning.
// The header `Idempotency-Key: <run>/<path>` is the same for every attempt of a node, so the other side can tell repeats.
func HTTP(parts HTTPParts) Perform {
	return func(ctx context.Context, c *Context) (Result, error) {
		call, err := prepare(ctx, c, parts.Secrets)
		if err != nil {
			return Result{}, err
		}
		c.Usage.AddToolCall()
		answer, err := net.Exchange(ctx, parts.Transport, call, answerBytesMax)
		if err != nil {
			return Result{}, err
		}
		if answer.Status >= 400 {
			return Result{}, statusError(answer, call.URL.Host, parts.Redactor)
		}
		output, err := outputOf(answer, call.URL.Host)
		return Result{Output: output}, err
	}
}

func prepare(ctx context.Context, c *Context, secrets *secrets.Secrets) (net.Call, error) {
	work := c.Task.Work.HTTP
	target, err := ParseToolURL(work.URL)
	if err != nil {
		return net.Call{}, err
	}
	query, err := c.Load(ctx, work.Query)
	if err != nil {
		return net.Call{}, err
	}
	addQuery(target, query)
	call := net.Call{Method: work.Method, URL: target, Headers: map[string]string{"idempotency-key": idempotencyKey(c.Task)}}
	if call.Credentials, err = resolveHeaders(work.Headers, secrets, call.Headers); err != nil {
		return call, err
	}
	if work.Body == nil {
		return call, nil
	}
	body, err := c.Load(ctx, work.Body)
	if err != nil {
		return call, err
	}
	text, isText := body.(string)
	if _, declared := call.Headers["content-type"]; !declared {
		call.Headers["content-type"] = "application/json"
		if isText {
			call.Headers["content-type"] = "text/plain; charset=utf-8"
		}
	}
	// A text is sent as it stands, unless it is declared to be JSON.
	if !isText || isJSON(call.Headers["content-type"]) {
		text = jsonvalue.Text(body)
	}
	call.Body = &text
	return call, nil
}

// ParseToolURL reads the url of a tool: http or https, and no user or password in it.
func ParseToolURL(text string) (*url.URL, error) {
	target, err := net.ParseURL(strings.TrimSpace(text), nil)
	if err != nil || target.Scheme == "" {
		return nil, contract.NewError("invalid_request", "The tool’s url is not a URL: "+jsonvalue.Cut(text, 200))
	}
	if err := net.CheckProtocol(target); err != nil {
		return nil, err
	}
	if target.User != nil {
		return nil, contract.NewError("invalid_request",
			"The tool’s url holds a user or password: give them as a header with a secret.")
	}
	target.Fragment = ""
	return target, nil
}

func addQuery(target *url.URL, query jsonvalue.Value) {
	object, isObject := query.(*jsonvalue.Object)
	if !isObject {
		return
	}
	var pairs []string
	if target.RawQuery != "" {
		pairs = append(pairs, target.RawQuery)
	}
	for _, member := range object.Members {
		items, isList := member.Value.([]jsonvalue.Value)
		if !isList {
			items = []jsonvalue.Value{member.Value}
		}
		for _, item := range items {
			if item == nil {
				continue
			}
			text, isText := item.(string)
			if !isText {
				text = jsonvalue.Canonical(item)
			}
			pairs = append(pairs, url.QueryEscape(jsonvalue.Storable(member.Key))+"="+url.QueryEscape(jsonvalue.Storable(text)))
		}
	}
	target.RawQuery = strings.Join(pairs, "&")
}

var (
	headerName  = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9a-z-]+$")
	headerValue = regexp.MustCompile(`^[\t\x20-\x7e\x{80}-\x{ff}]*$`)
)

// resolveHeaders puts headers into another set, by their names in lower case, and gives the names of those that hold secrets. An error
// never shows a value.
func resolveHeaders(given map[string]rawHeader, secrets *secrets.Secrets, into map[string]string) (credentials map[string]bool, err error) {
	credentials = map[string]bool{}
	for name, header := range given {
		lower := strings.ToLower(name)
		text, isSecret, err := secrets.Resolve(header)
		if err != nil {
			return nil, err
		}
		into[lower] = text
		if isSecret {
			credentials[lower] = true
		}
	}
	for name, value := range into {
		if !headerName.MatchString(name) || !headerValue.MatchString(value) {
			return nil, contract.NewError("invalid_request", "The header \""+name+"\" has a name or value that HTTP cannot carry.")
		}
		into[name] = latin1(value)
	}
	return credentials, nil
}

// latin1: a header carries a character above ASCII as one byte.
func latin1(value string) string {
	bytes := make([]byte, 0, len(value))
	for _, char := range value {
		bytes = append(bytes, byte(char))
	}
	return string(bytes)
}

func idempotencyKey(task *contract.NodeTask) string {
	key := task.Run.ID + "/" + task.Path
	if len(key) <= idempotencyKeyLengthMax {
		return key
	}
	sum := sha256.Sum256([]byte(task.Path))
	return task.Run.ID + "/sha256:" + hex.EncodeToString(sum[:])
}

func outputOf(answer *net.Answer, host string) (jsonvalue.Value, error) {
	if answer.Status == http.StatusNoContent || len(answer.Body) == 0 {
		return nil, nil
	}
	contentType := answer.Headers.Get("Content-Type")
	text, isText := asText(answer.Body, contentType)
	switch {
	case isJSON(contentType) && !isText:
		return nil, contract.NewError("invalid_output", "The answer of "+host+" is not UTF-8.")
	case isJSON(contentType):
		return values.ParseForeign([]byte(text), "The answer of "+host)
	case isText:
		return text, nil
	case len(answer.Body) > binaryBytesMax:
		if contentType == "" {
			contentType = "of no type"
		}
		return nil, contract.NewError("tool_error",
			fmt.Sprintf("The answer of %s is binary (%s) and larger than %d bytes.", host, contentType, binaryBytesMax))
	default:
		if contentType == "" {
			contentType = "application/octet-stream"
		}
		return jsonvalue.NewObject("contentType", contentType, "base64", base64.StdEncoding.EncodeToString(answer.Body)), nil
	}
}

func statusError(answer *net.Answer, host string, redactor *secrets.Redactor) error {
	details := map[string]any{"status": answer.Status}
	text, _ := asText(answer.Body, answer.Headers.Get("Content-Type"))
	// Redacted before it is cut: half of a secret would not be known again.
	if text = jsonvalue.Cut(redactor.Text(text), errorTextLengthMax); text != "" {
		details["body"] = text
	}
	return &contract.Error{
		Type:       net.TypeOfStatus(answer.Status),
		Message:    fmt.Sprintf("%s answered with HTTP %d.", host, answer.Status),
		Details:    details,
		RetryAfter: net.ParseRetryAfter(answer.Headers.Get("Retry-After"), time.Now()),
	}
}
