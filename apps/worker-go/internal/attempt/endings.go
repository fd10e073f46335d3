package attempt

import (
	"encoding/json"
	"errors"
	"log/slog"
	"slices"

	"treadle.dev/treadle/internal/appender"
	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
	"treadle.dev/treadle/internal/secrets"
	"treadle.dev/treadle/internal/work"
)

// endings writes the one end of an attempt, and says what came of it.
type endings struct {
	task     *contract.NodeTask
	claim    appender.ClaimResult
	stop     *Stop
	writer   *writer
	usage    *work.Usage
	redactor *secrets.Redactor
	log      *slog.Logger
}

func (e *endings) completed(output jsonvalue.Value, checkpointName string) Outcome {
	end := appender.End{Type: "node.completed", Output: output, CheckpointName: checkpointName}
	return e.write(end, Outcome{Status: Completed, Output: output, Usage: e.usage.Total()})
}

// cached ends an attempt by a result that was kept: nothing was used for it.
func (e *endings) cached(output jsonvalue.Value) Outcome {
	return e.write(appender.End{Type: "node.completed", Output: output, Cached: true}, Outcome{Status: Completed, Output: output})
}

// failed reads an error together with why the attempt was stopped.
func (e *endings) failed(err error) Outcome {
	var lost *lostError
	reason := e.stop.reason()
	switch {
	case reason == nil:
		return e.decide(e.shown(err), err)
	case errors.Is(reason, ErrCancelled):
		return e.write(appender.End{Type: "node.cancelled"}, Outcome{Status: WasCancelled})
	case errors.Is(reason, ErrTimedOut):
		return e.decide(timeoutError(*e.task.TimeoutMs, e.task.Path), nil)
	case errors.Is(reason, ErrShutdown):
		return e.died("The worker shuts down.")
	case errors.Is(reason, ErrAbandoned):
		return e.died("Nobody waits for this attempt any more.")
	case errors.As(reason, &lost):
		e.log.Warn("Events of an attempt could not be written", "err", lost.err.Error())
		return e.died("The log cannot be written to.")
	default:
		return e.died("A newer attempt has taken over, or the run has ended.")
	}
}

func (e *endings) shown(err error) contract.ErrorInfo {
	if contract.AsError(err) == nil {
		e.log.Error("A node failed by an unexpected error", "err", err.Error())
	}
	return shownError(err, e.task.Path, e.redactor)
}

func (e *endings) decide(shown contract.ErrorInfo, err error) Outcome {
	known := contract.AsError(err)
	if known == nil {
		known = &contract.Error{}
	}
	attempt := e.claim.Attempt
	if pausesRun(shown) {
		// Tried again once a person has raised the limit: the workflow sees to that.
		return e.write(appender.End{Type: "node.retrying", Error: shown}, Outcome{Status: Failed, Error: shown, Attempt: &attempt})
	}
	if delayMs, again := decideRetry(shown.Type, e.task.Retry, e.claim.Failures, known.RetryAfter); again {
		end := appender.End{Type: "node.retrying", Error: shown, DelayMs: delayMs}
		return e.write(end, Outcome{Status: Retrying, Error: shown, DelayMs: delayMs, Attempt: &attempt})
	}
	caught := contract.DefaultsOf(shown.Type).Catchable &&
		(slices.Contains(e.task.Catches, "*") || slices.Contains(e.task.Catches, shown.Type))
	end := appender.End{Type: "node.failed", Error: shown, Caught: caught}
	return e.write(end, Outcome{Status: Failed, Error: shown, Attempt: &attempt})
}

// write gives the outcome once the end is in the log.
func (e *endings) write(end appender.End, outcome Outcome) Outcome {
	if !end.Cached {
		end.Usage = e.usage.Total()
	}
	result, err := e.writer.end(end)
	switch {
	case err != nil:
		e.log.Warn("The end of an attempt could not be written", "err", err.Error())
		return e.died("The log cannot be written to.")
	case !result.Accepted:
		return e.died("A newer attempt has taken over, or the node has ended.")
	}
	outcome.OutboxApplied = e.claim.OutboxApplied
	return outcome
}

func (e *endings) died(why string) Outcome {
	return Outcome{Status: Died, Why: why, OutboxApplied: e.claim.OutboxApplied}
}

// pausesRun says whether the run is to be paused by this error until a person raises the limit; what met it is tried again then.
func pausesRun(shown contract.ErrorInfo) bool {
	var details struct {
		OnExceeded string `json:"onExceeded"`
	}
	return shown.Type == "budget_exceeded" && json.Unmarshal(shown.Details, &details) == nil && details.OnExceeded == "pause"
}
