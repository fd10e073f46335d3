package attempt

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"

	"treadle.dev/treadle/internal/appender"
	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
	"treadle.dev/treadle/internal/secrets"
	"treadle.dev/treadle/internal/values"
	"treadle.dev/treadle/internal/work"
)

// deathsMax: so many deaths in a row are no accident, the node itself brings its workers down.
const deathsMax = 20

// Executor makes attempts of nodes.
//  1. Nothing is executed without a claim, and a claim that finds an end gives that end again.
//  2. At most one end is written, and nothing after a fence.
//  3. An error is given only where the claim itself cannot be written.
type Executor struct {
	Appender Log
	Work     work.Table
	Values   *values.Values
	Schemas  *values.Schemas
	Redactor *secrets.Redactor
	// Cache keeps results of nodes that have `cacheMs`.
	Cache Cache
	// Budgets counts calls of models in runs that have limits.
	Budgets Budgets
	Log     *slog.Logger
}

// Cache has results of earlier runs.
type Cache interface {
	// Find gives a result, which the run refers to from then on; false where there is none.
	Find(ctx context.Context, task *contract.NodeTask) (jsonvalue.Value, bool, error)
	Keep(ctx context.Context, task *contract.NodeTask, output jsonvalue.Value) error
}

// Attempt makes one attempt. ctx gives values only; host is told of the means to stop the attempt, before it does anything.
func (e *Executor) Attempt(ctx context.Context, task *contract.NodeTask, host func(*Stop)) (Outcome, error) {
	claim, err := e.Appender.Claim(ctx, appender.Claim{Run: task.Run, Path: task.Path, Kind: nodeKind(task.Work.Kind), Outbox: task.Outbox})
	if err != nil {
		return Outcome{}, err
	}
	if claim.Status != "claimed" {
		return earlierOutcome(task.Path, claim)
	}
	stop := newStop(ctx)
	defer stop.Now(errOver) // Whatever still listens (a request, a function that goes on) has to let go.
	log := e.Log.With("runId", task.Run.ID, "node", task.Path, "attempt", claim.Attempt)
	usage := &work.Usage{}
	writer := newWriter(e.Appender, appender.Key{Run: task.Run, Path: task.Path, Attempt: claim.Attempt}, e.Redactor, stop)
	endings := &endings{
		task: task, claim: claim, stop: stop, writer: writer, usage: usage, redactor: e.Redactor, log: log,
	}
	defer stop.after(task.TimeoutMs)()
	host(stop)
	if claim.CancelRequested {
		stop.Now(ErrCancelled)
	}
	return e.run(stop.ctx, task, claim, writer, endings), nil
}

func (e *Executor) run(ctx context.Context, task *contract.NodeTask, claim appender.ClaimResult, writer *writer, endings *endings) (outcome Outcome) {
	defer func() {
		if panicked := recover(); panicked != nil {
			endings.log.Error("An attempt panicked", "err", fmt.Sprint(panicked), "stack", string(debug.Stack()))
			outcome = endings.failed(fmt.Errorf("it panicked: %v", panicked))
		}
	}()
	if claim.Deaths >= deathsMax {
		return endings.failed(&contract.Error{
			Type:    "internal",
			Message: fmt.Sprintf("Its worker died %d times while it was executed.", claim.Deaths),
			Details: map[string]any{"deaths": claim.Deaths},
		})
	}
	if task.CacheMs != nil && ctx.Err() == nil {
		output, found, err := e.Cache.Find(ctx, task)
		if err != nil {
			return endings.failed(err)
		}
		if found {
			return endings.cached(output)
		}
	}
	result, err := e.perform(ctx, task, claim, writer, endings.usage)
	if err != nil {
		return endings.failed(err)
	}
	return endings.completed(result.Output, result.CheckpointName)
}

// perform has the work done, up to an output that can be stored as it is.
func (e *Executor) perform(ctx context.Context, task *contract.NodeTask, claim appender.ClaimResult, writer *writer, usage *work.Usage) (work.Result, error) {
	if ctx.Err() != nil {
		return work.Result{}, ctx.Err()
	}
	load := func(ctx context.Context, given json.RawMessage) (jsonvalue.Value, error) {
		if given == nil {
			return nil, nil
		}
		value, err := jsonvalue.Parse(given)
		if err != nil {
			return nil, fmt.Errorf("a value of the task %w", err)
		}
		return e.Values.Load(ctx, task.Run, value)
	}
	keep := func(ctx context.Context, value jsonvalue.Value, bytesMax int) (jsonvalue.Value, error) {
		return e.keep(ctx, task.Run, value, bytesMax)
	}
	result, err := e.Work.Perform(ctx, &work.Context{
		Task: task, Attempt: claim.Attempt, Events: writer, Usage: usage, Budget: e.budgetOf(writer, claim), Load: load, Keep: keep,
		KeepStream: func(ctx context.Context, source io.Reader) (jsonvalue.Value, error) {
			return e.Values.KeepStream(ctx, task.Run, source)
		},
		Open: func(ctx context.Context, blob values.Blob) (func() (io.ReadCloser, error), error) {
			return e.Values.Open(ctx, task.Run, blob)
		},
	})
	if err == nil {
		err = ctx.Err()
	}
	if err == nil && !result.IsFinished {
		result.Output, err = e.finishOutput(ctx, task, result.Output, result.IsChecked)
	}
	if err == nil && task.CacheMs != nil {
		err = e.Cache.Keep(ctx, task, result.Output)
	}
	return result, err
}

// nodeKind is the kind as the IR names it, for `node.started`.
func nodeKind(kind string) string {
	switch kind {
	case "modelTurn":
		return "llm"
	case "http", "mcp", "function":
		return "tool"
	default:
		return kind
	}
}

func earlierOutcome(path string, claim appender.ClaimResult) (Outcome, error) {
	outcome := Outcome{OutboxApplied: claim.OutboxApplied, Usage: claim.Usage, Error: claim.Error}
	switch claim.Status {
	case "done":
		output, err := jsonvalue.Parse(claim.Output)
		if err != nil {
			return outcome, fmt.Errorf("the checkpoint %w", err)
		}
		outcome.Status, outcome.Output = Completed, output
	case "failed":
		outcome.Status = Failed
	case "refused":
		outcome.Status = Failed
		outcome.Error.Node = path
	case "cancelled":
		outcome.Status = WasCancelled
	default:
		outcome.Status = Ended
	}
	return outcome, nil
}
