package net

import (
	"fmt"
	"net/http"
	"time"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
	"treadle.dev/treadle/internal/secrets"
)

const errorTextLengthMax = 500

// StatusError is the error that an HTTP status of 400 and more stands for; text is the body's, shown in part.
func StatusError(status int, headers http.Header, text, host string, redactor *secrets.Redactor) error {
	details := map[string]any{"status": status}
	// Redacted before it is cut: half of a secret would not be known again.
	if shown := jsonvalue.Cut(redactor.Text(text), errorTextLengthMax); shown != "" {
		details["body"] = shown
	}
	return &contract.Error{
		Type:       TypeOfStatus(status),
		Message:    fmt.Sprintf("%s answered with HTTP %d.", host, status),
		Details:    details,
		RetryAfter: ParseRetryAfter(headers.Get("Retry-After"), time.Now()),
	}
}
