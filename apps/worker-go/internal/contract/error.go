package contract

import (
	"errors"
	"time"
)

// RetryDefaults says how errors of a type are retried where the author says nothing else. Intervals in milliseconds.
type RetryDefaults struct {
	Retryable          bool
	Catchable          bool
	MaxAttempts        int
	InitialIntervalMs  int
	BackoffCoefficient float64
	MaxIntervalMs      int
}

// DefaultsOf gives the row of the table for a type; an author's own type is not retried and can be caught.
func DefaultsOf(errorType string) RetryDefaults {
	row, known := errorTypes[errorType]
	if !known {
		row.Catchable = true
	}
	if row.MaxAttempts == 0 {
		row.MaxAttempts, row.InitialIntervalMs, row.BackoffCoefficient, row.MaxIntervalMs = 1, 500, 2, 30_000
	}
	return row
}

// Error is the one error for failures that are expected. Type is what programs compare; Message is written for the user; what it wraps
// is for our own logs.
type Error struct {
	Type    string
	Message string
	// Details is what encoding/json makes something of; nil: none.
	Details any
	// RetryAfter is how long the other side asked to wait; 0: it did not.
	RetryAfter time.Duration
	Cause      error
}

func (e *Error) Error() string { return e.Message }

func (e *Error) Unwrap() error { return e.Cause }

// NewError makes an error without details.
func NewError(errorType, message string) *Error { return &Error{Type: errorType, Message: message} }

// AsError gives the Error that err is or wraps; nil where there is none.
func AsError(err error) *Error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	return nil
}
