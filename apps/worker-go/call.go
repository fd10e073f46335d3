package treadle

import (
	"context"

	"treadle.dev/treadle/internal/functions"
)

// Info says which call of a function this is.
type Info struct {
	// RunID and Tenant name the run, Path the node in it.
	RunID, Tenant, Path string
	// Attempt counts the executions of the node, from 1.
	Attempt int
}

// InfoOf gives the metadata of the call whose context it is. Like everything here that takes a context, it panics with one that is not
// (or does not come from) that of a registered function.
func InfoOf(ctx context.Context) Info {
	call := functions.CallOf(ctx)
	return Info{RunID: call.RunID(), Tenant: call.Tenant(), Path: call.Path(), Attempt: call.Attempt()}
}

// EmitText shows a piece of text on the run's stream (`node.delta`). It returns when there is room for more, or with an error once the
// call has to stop.
func EmitText(ctx context.Context, text string) error { return functions.CallOf(ctx).EmitText(text) }

// Level is that of a log line.
type Level string

// The levels of the run's log.
const (
	Debug  Level = "debug"
	Inform Level = "info"
	Warn   Level = "warn"
)

// Log puts a line into the run's log (event `log`). fields is nil, or what encoding/json makes an object of.
func Log(ctx context.Context, level Level, message string, fields any) error {
	return functions.CallOf(ctx).Log(string(level), message, fields)
}

// Progress puts a line into the run's log that says how far the call has come: fraction goes from 0 to 1.
func Progress(ctx context.Context, fraction float64, message string) error {
	return functions.CallOf(ctx).Log("info", message, map[string]any{"progress": fraction})
}

// Secret gives the value of a secret that the function was granted (see Grant).
func Secret(ctx context.Context, name string) (string, error) {
	return functions.CallOf(ctx).Secret(name)
}
