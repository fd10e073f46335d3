package work

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
	"treadle.dev/treadle/internal/net"
	"treadle.dev/treadle/internal/secrets"
	"treadle.dev/treadle/internal/values"
)

const (
	checkedBytesMax = 10 * 1024 * 1024
	// inMemoryBytesMax: a larger answer goes to the blobs as it comes.
	inMemoryBytesMax = 1024 * 1024
	// binaryBytesMax: binary answers are small or not for here; base64 makes them a third larger still.
	binaryBytesMax          = 1024 * 1024
	idempotencyKeyLengthMax = 255
)

// HTTPParts is what calls of http tools need.
type HTTPParts struct {
	Secrets   *secrets.Secrets
	Redactor  *secrets.Redactor
	Transport http.RoundTripper
}

// HTTP makes one call of an http tool. Its output: the parsed value of a JSON answer; the text of any other text; null where there is
// none; `{ contentType, base64 }` of anything else, up to 1 MiB. Above 1 MiB it streams to the blobs, up to 1 GiB, and is a handle; with an
// `outputSchema`, which is checked in memory, up to 10 MiB are taken. A status of 400 and more is an error by its meaning.
// The header `Idempotency-Key: <run>/<path>` is the same for every attempt of a node, so the other side can tell repeats.
func HTTP(parts HTTPParts) Perform {
	return func(ctx context.Context, c *Context) (Result, error) {
		call, err := prepare(ctx, c, parts.Secrets)
		if err != nil {
			return Result{}, err
		}
		c.Usage.AddToolCall()
		// What has to fit a schema is checked whole; everything else need not be in memory.
		bytesMax := inMemoryBytesMax
		if c.Task.OutputSchema != nil {
			bytesMax = checkedBytesMax
		}
		answer, err := net.Exchange(ctx, parts.Transport, call, bytesMax)
		if err != nil {
			return Result{}, err
		}
		defer answer.Close()
		host := call.URL.Host
		switch {
		case answer.Status >= 400:
			text, _ := asText(answer.Body, answer.Headers.Get("Content-Type"))
			return Result{}, net.StatusError(answer.Status, answer.Headers, text, host, parts.Redactor)
		case answer.Rest == nil:
			output, err := outputOf(answer, host)
			return Result{Output: output}, err
		case c.Task.OutputSchema != nil:
			return Result{}, contract.NewError("tool_error", fmt.Sprintf(
				"The answer of %s is larger than %d bytes, and could not be checked against outputSchema.", host, checkedBytesMax))
		}
		clean, err := largeAnswer(answer, host, parts.Redactor)
		if err != nil {
			return Result{}, err
		}
		output, err := c.KeepStream(ctx, clean)
		return Result{Output: output, IsFinished: true}, err
	}
}

func prepare(ctx context.Context, c *Context, source *secrets.Secrets) (net.Call, error) {
	work := c.Task.Work.HTTP
	target, err := net.ParseToolURL(work.URL)
	if err != nil {
		return net.Call{}, err
	}
	query, err := c.Load(ctx, work.Query)
	if err != nil {
		return net.Call{}, err
	}
	addQuery(target, query)
	call := net.Call{Method: work.Method, URL: target, Headers: map[string]string{"idempotency-key": idempotencyKey(c.Task)}}
	if call.Credentials, err = net.ResolveHeaders(ctx, work.Headers, source, secrets.Use{Run: c.Task.Run, Host: target.Host}, call.Headers); err != nil {
		return call, err
	}
	if work.Body == nil {
		return call, nil
	}
	if call.Body, err = streamedBody(ctx, c, call.Headers); call.Body != nil || err != nil {
		return call, err
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
	call.Body = net.TextBody(text)
	return call, nil
}

// streamedBody: a value that is too large to be loaded is sent as the JSON that it is stored as. Nil where it is not.
func streamedBody(ctx context.Context, c *Context, headers map[string]string) (*net.Body, error) {
	given, err := jsonvalue.Parse(c.Task.Work.HTTP.Body)
	if err != nil {
		return nil, err
	}
	blob, isHandle := values.AsHandle(given)
	declared, isDeclared := headers["content-type"]
	if !isHandle || blob.Size <= contract.LoadableBytesMax || isDeclared && !isJSON(declared) {
		return nil, nil
	}
	open, err := c.Open(ctx, blob)
	if err != nil || open == nil {
		return nil, err
	}
	if !isDeclared {
		headers["content-type"] = "application/json"
	}
	return &net.Body{Size: blob.Size, Open: open}, nil
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
