package functions

import (
	"context"
	"encoding/json"
)

// Call is what a function has at hand while it runs; its context carries it. Safe for use by several goroutines.
type Call interface {
	RunID() string
	Tenant() string
	// Path is that of the node, and Attempt counts the executions of it, from 1.
	Path() string
	Attempt() int
	// EmitText shows a piece of text on the run's stream. It returns when there is room for more.
	EmitText(text string) error
	// Log puts a line into the run's log.
	Log(level, message string, fields any) error
	// Secret gives the value of a secret that the function was granted.
	Secret(name string) (string, error)
	// Metadata gives the run's `workflow`, `version` and `tags`.
	Metadata() (json.RawMessage, error)
	// SaveState keeps a value of the function's own for the next attempt of the same node; LoadState gives it, nil where there is none.
	SaveState(state json.RawMessage) error
	LoadState() (json.RawMessage, error)
}

type callKey struct{}

// WithCall gives a context that carries the call.
func WithCall(ctx context.Context, call Call) context.Context {
	return context.WithValue(ctx, callKey{}, call)
}

// CallOf gives the call of a function's context. It panics outside of one: a program error.
func CallOf(ctx context.Context) Call {
	call, inside := ctx.Value(callKey{}).(Call)
	if !inside {
		panic("treadle: the context is not that of a registered function")
	}
	return call
}
