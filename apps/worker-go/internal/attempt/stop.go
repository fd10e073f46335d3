// Package attempt makes one attempt of a node: claims it, has its work done, and writes how it ended.
package attempt

import (
	"context"
	"errors"
	"fmt"
	"time"

	"treadle.dev/treadle/internal/contract"
)

// Why an attempt has to stop before its work is done: the cause of its context. Only the first one counts; see also lostError.
var (
	// ErrCancelled: the node is cancelled, and `node.cancelled` is written.
	ErrCancelled = errors.New("the node is cancelled")
	// ErrTimedOut: the attempt took longer than its timeoutMs, a failure.
	ErrTimedOut = errors.New("the attempt took longer than its timeout")
	// ErrShutdown: this worker shuts down. The attempt dies, and is repeated elsewhere.
	ErrShutdown = errors.New("the worker shuts down")
	// ErrAbandoned: Temporal no longer waits for this attempt.
	ErrAbandoned = errors.New("nobody waits for the attempt")

	errFenced = errors.New("a newer attempt has taken over, or the run has ended")
	errOver   = errors.New("the attempt is over")
)

// lostError: events could not be written.
type lostError struct{ err error }

func (e *lostError) Error() string { return "events could not be written: " + e.err.Error() }
func (e *lostError) Unwrap() error { return e.err }

// Stop is the means to stop an attempt.
type Stop struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
}

func newStop(parent context.Context) *Stop {
	// Values are those of the host; its end is told by reason, through Now.
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(parent))
	return &Stop{ctx: ctx, cancel: cancel}
}

// Now stops the attempt. What is called after the first time changes nothing.
func (s *Stop) Now(reason error) { s.cancel(reason) }

// Done is closed once the attempt was stopped, or is over.
func (s *Stop) Done() <-chan struct{} { return s.ctx.Done() }

// reason gives why the attempt was stopped; nil where it was not.
func (s *Stop) reason() error { return context.Cause(s.ctx) }

// after stops the attempt when its time is over; the result takes that back.
func (s *Stop) after(timeoutMs *int) (forget func()) {
	if timeoutMs == nil {
		return func() {}
	}
	timer := time.AfterFunc(time.Duration(*timeoutMs)*time.Millisecond, func() { s.Now(ErrTimedOut) })
	return func() { timer.Stop() }
}

func timeoutError(timeoutMs int, path string) contract.ErrorInfo {
	return contract.ErrorInfo{Type: "timeout", Message: fmt.Sprintf("It took longer than its timeout of %d ms.", timeoutMs), Node: path}
}
