package treadle

import (
	"context"
	"encoding/json"
	"fmt"

	"treadle.dev/treadle/internal/functions"
)

// Info says which call of a function this is.
type Info struct {
	// RunID and Tenant name the run, Path the node in it.
	RunID, Tenant, Path string
	// Attempt counts the executions of the node, from 1.
	Attempt int
}

// InfoOf says which call it is whose context it is. Like everything here that takes a context, it panics with one that is not
// (or does not come from) that of a registered function.
func InfoOf(ctx context.Context) Info {
	call := functions.CallOf(ctx)
	return Info{RunID: call.RunID(), Tenant: call.Tenant(), Path: call.Path(), Attempt: call.Attempt()}
}

// Metadata is what a function may know of its run.
type Metadata struct {
	// Workflow is the document's name; Version is that of a stored workflow, "" where the document was posted with the run.
	Workflow string            `json:"workflow"`
	Version  string            `json:"version"`
	Tags     map[string]string `json:"tags"`
}

// MetadataOf asks for what is known of the call's run.
func MetadataOf(ctx context.Context) (metadata Metadata, err error) {
	text, err := functions.CallOf(ctx).Metadata()
	if err != nil {
		return metadata, err
	}
	return metadata, json.Unmarshal(text, &metadata)
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

// SaveState keeps a checkpoint of the function's own: where the attempt dies or fails, the next one finds it by LoadState.
func SaveState[T any](ctx context.Context, state T) error {
	text, err := json.Marshal(state)
	if err != nil {
		return fmt.Errorf("the state is not JSON: %w", err)
	}
	return functions.CallOf(ctx).SaveState(text)
}

// LoadState gives what an earlier attempt of the same node has saved; false where none has.
func LoadState[T any](ctx context.Context) (state T, found bool, err error) {
	text, err := functions.CallOf(ctx).LoadState()
	if err != nil || text == nil {
		return state, false, err
	}
	return state, true, json.Unmarshal(text, &state)
}
