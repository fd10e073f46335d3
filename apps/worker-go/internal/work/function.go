package work

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/functions"
	"treadle.dev/treadle/internal/jsonvalue"
	"treadle.dev/treadle/internal/secrets"
	"treadle.dev/treadle/internal/values"
)

// FunctionParts is what calls of registered functions need.
type FunctionParts struct {
	Functions *functions.Registry
	Secrets   *secrets.Secrets
	Schemas   *values.Schemas
	States    States
	Log       *slog.Logger
}

// States keeps what a function saves for its next attempt.
type States interface {
	// Save is fenced as events are: false where a newer attempt has taken over.
	Save(ctx context.Context, task *contract.NodeTask, attempt int, state jsonvalue.Value) (bool, error)
	// Load gives nil where nothing was saved.
	Load(ctx context.Context, task *contract.NodeTask) (json.RawMessage, error)
	// Metadata gives what a function may know of its run.
	Metadata(ctx context.Context, run contract.RunRef) (json.RawMessage, error)
}

// Function calls a function that is registered in this worker.
func Function(parts FunctionParts) Perform {
	return func(ctx context.Context, c *Context) (Result, error) {
		work := c.Task.Work.Function
		entry := parts.Functions.Find(work.Name)
		if entry == nil {
			known := strings.Join(parts.Functions.Names(), ", ")
			if known == "" {
				known = "none"
			}
			return Result{}, contract.NewError("invalid_request",
				fmt.Sprintf("No function %q is registered in this worker (registered: %s).", work.Name, known))
		}
		args, err := c.Load(ctx, work.Args)
		if err != nil {
			return Result{}, err
		}
		problem, err := parts.problemOf(entry.Input, args)
		if err != nil {
			return Result{}, err
		}
		if problem != "" {
			return Result{}, contract.NewError("invalid_request",
				fmt.Sprintf("The arguments do not fit the input schema of %q: %s", work.Name, problem))
		}
		c.Usage.AddToolCall()
		output, err := parts.callUntilStopped(ctx, c, entry, args)
		if err != nil {
			return Result{}, err
		}
		if problem, err = parts.problemOf(entry.Output, output); err == nil && problem != "" {
			err = contract.NewError("invalid_output", fmt.Sprintf("What %q gave does not fit its output schema: %s", work.Name, problem))
		}
		return Result{Output: output}, err
	}
}

func (p FunctionParts) problemOf(schema []byte, value jsonvalue.Value) (string, error) {
	if schema == nil {
		return "", nil
	}
	return p.Schemas.ProblemOf(schema, value, false)
}

type functionEnd struct {
	output json.RawMessage
	err    error
}

// callUntilStopped: a function that does not look at its context is left behind. Its attempt ends all the same, and its result is
// dropped.
func (p FunctionParts) callUntilStopped(ctx context.Context, c *Context, entry *functions.Entry, args jsonvalue.Value) (jsonvalue.Value, error) {
	ended := make(chan functionEnd, 1)
	call := &functionCall{ctx: ctx, work: c, entry: entry, parts: p}
	go func() {
		defer func() {
			if panicked := recover(); panicked != nil {
				p.Log.Error("A function panicked", "function", entry.Name, "err", fmt.Sprint(panicked), "stack", string(debug.Stack()))
				ended <- functionEnd{err: fmt.Errorf("it panicked: %v", panicked)}
			}
		}()
		output, err := entry.Call(functions.WithCall(ctx, call), jsonvalue.Append(nil, args))
		ended <- functionEnd{output: output, err: err}
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case end := <-ended:
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case contract.AsError(end.err) != nil:
			return nil, contract.AsError(end.err)
		case end.err != nil:
			return nil, &contract.Error{Type: "tool_error", Message: end.err.Error(), Cause: end.err}
		}
		what := fmt.Sprintf("What %q gave", entry.Name)
		output, err := values.ParseForeign(end.output, what)
		if err == nil {
			err = values.CheckForeign(output, what)
		}
		return output, err
	}
}

// functionCall is what the function has at hand.
type functionCall struct {
	ctx   context.Context
	work  *Context
	entry *functions.Entry
	parts FunctionParts
}

func (f *functionCall) RunID() string  { return f.work.Task.Run.ID }
func (f *functionCall) Tenant() string { return f.work.Task.Run.Tenant }
func (f *functionCall) Path() string   { return f.work.Task.Path }
func (f *functionCall) Attempt() int   { return f.work.Attempt }

func (f *functionCall) EmitText(text string) error { return f.work.Events.Text(f.ctx, text) }

func (f *functionCall) Log(level, message string, fields any) error {
	line := jsonvalue.NewObject("level", level, "message", message)
	if fields != nil {
		value, err := jsonvalue.Of(fields)
		if err != nil {
			return fmt.Errorf("the fields of a log line: %w", err)
		}
		if _, isObject := value.(*jsonvalue.Object); !isObject {
			return fmt.Errorf("the fields of a log line are an object, not %s", jsonvalue.Text(value))
		}
		line.Set("fields", value)
	}
	return f.work.Events.Event(f.ctx, "log", line)
}

func (f *functionCall) Secret(name string) (string, error) {
	if !slices.Contains(f.entry.Secrets, name) {
		return "", contract.NewError("auth", fmt.Sprintf(
			"The function %q was not granted the secret %s: list it in its `secrets`.", f.entry.Name, name))
	}
	return f.parts.Secrets.Value(f.ctx, name, secrets.Use{Run: f.work.Task.Run})
}

func (f *functionCall) Metadata() (json.RawMessage, error) {
	return f.parts.States.Metadata(f.ctx, f.work.Task.Run)
}

// SaveState keeps the state as an output is kept: without secrets, and by handle where it is large.
func (f *functionCall) SaveState(state json.RawMessage) error {
	what := fmt.Sprintf("The state of %q", f.entry.Name)
	value, err := values.ParseForeign(state, what)
	if err == nil {
		err = values.CheckForeign(value, what)
	}
	if err == nil {
		value, err = f.work.Keep(f.ctx, value, contract.InlineBytesMax)
	}
	if err != nil {
		return err
	}
	accepted, err := f.parts.States.Save(f.ctx, f.work.Task, f.work.Attempt, value)
	if err == nil && !accepted {
		err = contract.NewError("cancelled", "A newer attempt has taken over.")
	}
	return err
}

func (f *functionCall) LoadState() (json.RawMessage, error) {
	state, err := f.parts.States.Load(f.ctx, f.work.Task)
	if err != nil || state == nil {
		return nil, err
	}
	value, err := f.work.Load(f.ctx, state)
	if err != nil {
		return nil, err
	}
	return jsonvalue.Append(nil, value), nil
}
