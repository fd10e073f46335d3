package model

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"time"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
	"treadle.dev/treadle/internal/net"
)

const errorBytesMax = 64 * 1024

// answerError is what a server said in the place of an answer, by its status.
func answerError(response *http.Response) error {
	body, _ := io.ReadAll(io.LimitReader(response.Body, errorBytesMax))
	text := jsonvalue.Storable(string(body))
	message, code := "", jsonvalue.Value(nil)
	if value, err := jsonvalue.ParseString(text); err == nil {
		message, code = describeError(value)
	} else {
		message = text
	}
	if message == "" {
		message = "status code (no body)"
	}
	details := map[string]any{"status": response.StatusCode}
	if named, isText := code.(string); isText {
		details["code"] = named
	}
	return &contract.Error{
		Type:       net.TypeOfStatus(response.StatusCode),
		Message:    fmt.Sprintf("The model server answered with an error: %d %s", response.StatusCode, message),
		Details:    details,
		RetryAfter: net.ParseRetryAfter(response.Header.Get("Retry-After"), time.Now()),
	}
}

// describeError gives the message and code of a body such as { error: { message, code } }; "" where it has no such error.
func describeError(body jsonvalue.Value) (message string, code jsonvalue.Value) {
	object, isObject := body.(*jsonvalue.Object)
	if !isObject {
		return "", nil
	}
	inner, _ := object.Get("error")
	if inner == nil {
		return "", nil
	}
	failure, isObject := inner.(*jsonvalue.Object)
	if !isObject {
		return jsonvalue.Text(inner), nil
	}
	code, _ = failure.Get("code")
	said, _ := failure.Get("message")
	switch text := said.(type) {
	case string:
		return text, code
	case nil:
		return jsonvalue.Text(failure), code
	default:
		return jsonvalue.Text(text), code
	}
}

var eventTypes = []struct {
	pattern   *regexp.Regexp
	errorType string
}{
	{regexp.MustCompile(`rate_limit`), "rate_limited"},
	{regexp.MustCompile(`overloaded|capacity`), "overloaded"},
	{regexp.MustCompile(`invalid_request`), "invalid_request"},
	{regexp.MustCompile(`authentication|permission`), "auth"},
}

// eventError is an error inside of a stream: it has no status, only OpenAI's `type` and `code`.
func eventError(failure jsonvalue.Value) error {
	message, code := describeError(jsonvalue.NewObject("error", failure))
	var details any
	if named, isText := code.(string); isText {
		details = map[string]any{"code": named}
	}
	said := fmt.Sprint(code)
	if object, isObject := failure.(*jsonvalue.Object); isObject {
		kind, _ := object.Get("type")
		said = fmt.Sprint(kind, " ", code)
	}
	errorType := "unavailable"
	for _, known := range eventTypes {
		if known.pattern.MatchString(said) {
			errorType = known.errorType
			break
		}
	}
	return &contract.Error{Type: errorType, Message: "The model server answered with an error: " + message, Details: details}
}

func reasonOf(err error) string { return net.Reason(err) }
