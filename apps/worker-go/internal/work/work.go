// Package work executes what a node stands for, one file a kind. Errors are by the one taxonomy; any other counts as `internal`.
package work

import (
	"context"
	"encoding/json"
	"io"
	"sync"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
	"treadle.dev/treadle/internal/model"
	"treadle.dev/treadle/internal/values"
)

// Context is what a kind of work has at hand while it is executed, beside a context.Context that ends when the attempt has to stop.
type Context struct {
	Task    *contract.NodeTask
	Attempt int
	Events  Events
	Usage   *Usage
	// Budget is what its calls of models count against.
	Budget model.Budget
	// Keep gives a value from outside as it may be stored: without secrets and forged handles; a handle where its JSON is above bytesMax.
	// The error is of type `invalid_output`.
	Keep func(ctx context.Context, value jsonvalue.Value, bytesMax int) (jsonvalue.Value, error)
	// KeepStream stores a JSON text as it comes, whatever its size, and gives its handle. The text is taken as it is: checked and clean.
	KeepStream func(ctx context.Context, source io.Reader) (jsonvalue.Value, error)
	// Open gives the JSON text that a handle stands for, as often as it is called; nil where it holds handles itself.
	Open func(ctx context.Context, blob values.Blob) (func() (io.ReadCloser, error), error)
	// Load gives the value with its handles replaced by what they stand for. An absent one is null.
	Load func(ctx context.Context, value json.RawMessage) (jsonvalue.Value, error)
}

// Events writes those of the attempt. All return when there is room for more, or when the attempt has stopped.
type Events interface {
	Text(ctx context.Context, piece string) error
	ToolCall(ctx context.Context, piece model.ToolCallPiece) error
	Event(ctx context.Context, eventType string, data *jsonvalue.Object) error
}

// Result is what came of the work.
type Result struct {
	Output jsonvalue.Value
	// CheckpointName is that of a `checkpoint`.
	CheckpointName string
	// IsChecked: the output was checked against the task's outputSchema already.
	IsChecked bool
	// IsFinished: the output is made of what Keep gave, and goes to the workflow as it is.
	IsFinished bool
}

// Perform executes one kind of work.
type Perform func(ctx context.Context, c *Context) (Result, error)

// Table has an entry for each kind.
type Table map[string]Perform

// Perform executes the task's work by its kind.
func (t Table) Perform(ctx context.Context, c *Context) (Result, error) {
	perform := t[c.Task.Work.Kind]
	if perform == nil {
		return Result{}, contract.NewError("invalid_request", "The Go worker does not execute \""+c.Task.Work.Kind+"\".")
	}
	return perform(ctx, c)
}

// Usage sums what was used: counted also where the attempt fails afterwards. Safe for use by several goroutines.
type Usage struct {
	mu    sync.Mutex
	total *contract.Usage
}

// Add counts a usage in.
func (u *Usage) Add(more contract.Usage) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.total == nil {
		u.total = &contract.Usage{}
	}
	add(&u.total.InputTokens, more.InputTokens)
	add(&u.total.OutputTokens, more.OutputTokens)
	add(&u.total.CachedInputTokens, more.CachedInputTokens)
	add(&u.total.ReasoningTokens, more.ReasoningTokens)
	add(&u.total.LLMCalls, more.LLMCalls)
	add(&u.total.ToolCalls, more.ToolCalls)
	add(&u.total.CostUSD, more.CostUSD)
}

// AddToolCall counts one.
func (u *Usage) AddToolCall() {
	one := 1
	u.Add(contract.Usage{ToolCalls: &one})
}

// Total gives the sum; nil where nothing was used.
func (u *Usage) Total() *contract.Usage {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.total == nil {
		return nil
	}
	total := *u.total
	return &total
}

func add[Number int | float64](sum **Number, more *Number) {
	if more == nil {
		return
	}
	next := *more
	if *sum != nil {
		next += **sum
	}
	*sum = &next
}
