package worker

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"

	"treadle.dev/treadle/internal/attempt"
	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
)

const (
	heartbeatDefault = 10 * time.Second
	// elsewhereDelay is until somebody else tries what a worker could not finish or begin.
	elsewhereDelay = time.Second
)

// activities are what Temporal calls.
type activities struct {
	executor attempt.Attempts
	log      *slog.Logger
}

// executeNode makes one attempt of a node, hosted by Temporal. What the executor decided (try again after so long, or never again) is
// said by the error that it gives; its first detail is a NodeFailure where the log has the node's end.
func (a *activities) executeNode(ctx context.Context, task contract.NodeTask) (*contract.NodeResult, error) {
	info := activity.GetInfo(ctx)
	// From entry on, and whatever the work is busy with: a silent worker is a dead one.
	defer beat(ctx, info.HeartbeatTimeout)()
	withTimeout(&task, info.StartToCloseTimeout)
	outcome, err := a.executor.Attempt(ctx, &task, func(stop *attempt.Stop) { stopWith(ctx, stop) })
	if err != nil {
		a.log.Warn("A node could not be claimed", "runId", task.Run.ID, "node", task.Path, "err", err.Error())
		why := "The log cannot be reached."
		if known := contract.AsError(err); known != nil {
			why = known.Message
		}
		return nil, elsewhere(why)
	}
	return answer(outcome, isCancelled(ctx), task.ByReference)
}

// beat sends a heartbeat now and every third of the timeout, until the result is called.
func beat(ctx context.Context, timeout time.Duration) (end func()) {
	if timeout <= 0 {
		timeout = heartbeatDefault
	}
	// A cancelled attempt still has its end to write.
	alive, end := context.WithCancel(context.WithoutCancel(ctx))
	activity.RecordHeartbeat(alive)
	go func() {
		ticker := time.NewTicker(timeout / 3)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				activity.RecordHeartbeat(alive)
			case <-alive.Done():
				return
			}
		}
	}()
	return end
}

// withTimeout: without a timeout of its own an attempt has to be over before Temporal gives it up, or its end would never be written.
func withTimeout(task *contract.NodeTask, startToClose time.Duration) {
	if task.TimeoutMs == nil && startToClose > contract.AttemptGrace {
		timeoutMs := int((startToClose - contract.AttemptGrace).Milliseconds())
		task.TimeoutMs = &timeoutMs
	}
}

// stopWith stops the attempt when Temporal's context ends, or when this worker is told to stop, whichever comes first. It lets go with
// the attempt, whose own end comes before the activity's.
func stopWith(ctx context.Context, stop *attempt.Stop) {
	go func() {
		select {
		case <-ctx.Done():
			stop.Now(reasonOf(ctx))
		case <-activity.GetWorkerStopChannel(ctx):
			stop.Now(attempt.ErrShutdown)
		case <-stop.Done():
		}
	}()
}

// reasonOf: Temporal cancels for several reasons; only one of them is about the node.
func reasonOf(ctx context.Context) error {
	switch {
	case isCancelled(ctx):
		return attempt.ErrCancelled
	case errors.Is(context.Cause(ctx), worker.ErrWorkerShutdown):
		return attempt.ErrShutdown
	default:
		return attempt.ErrAbandoned
	}
}

// isCancelled says whether Temporal has asked for the cancel.
func isCancelled(ctx context.Context) bool {
	return ctx.Err() == context.Canceled && temporal.IsCanceledError(context.Cause(ctx))
}

// answer tells Temporal how the attempt came out. byReference: the output stays in the checkpoint, nobody reads it from the history.
func answer(outcome attempt.Outcome, isCancelled, byReference bool) (*contract.NodeResult, error) {
	applied := outcome.OutboxApplied
	switch outcome.Status {
	case attempt.Completed:
		output := outcome.Output
		if byReference {
			output = nil
		}
		return &contract.NodeResult{Output: json.RawMessage(jsonvalue.Text(output)), Usage: outcome.Usage, OutboxApplied: applied}, nil
	case attempt.Retrying:
		// Temporal takes 0 for "not given".
		delay := max(1, outcome.DelayMs)
		return nil, failure(contract.NodeFailure{Error: outcome.Error, Attempt: outcome.Attempt, OutboxApplied: applied}, delay)
	case attempt.Failed:
		return nil, failure(contract.NodeFailure{Error: outcome.Error, Attempt: outcome.Attempt, OutboxApplied: applied}, 0)
	case attempt.WasCancelled:
		if isCancelled {
			return nil, temporal.NewCanceledError(map[string]int{"outboxApplied": applied})
		}
		// The run's own flag was quicker than Temporal.
		cancelled := contract.ErrorInfo{Type: "cancelled", Message: "It was cancelled."}
		return nil, failure(contract.NodeFailure{Error: cancelled, OutboxApplied: applied}, 0)
	case attempt.Ended:
		return nil, temporal.NewApplicationErrorWithOptions("The run has ended.", "cancelled",
			temporal.ApplicationErrorOptions{NonRetryable: true})
	default:
		return nil, elsewhere(outcome.Why)
	}
}

// failure is the node's; with a delay in milliseconds, Temporal begins the next attempt after it.
func failure(of contract.NodeFailure, delayMs int64) error {
	return temporal.NewApplicationErrorWithOptions(of.Error.Message, of.Error.Type, temporal.ApplicationErrorOptions{
		NonRetryable:   delayMs == 0,
		NextRetryDelay: time.Duration(delayMs) * time.Millisecond,
		Details:        []any{of},
	})
}

// elsewhere says nothing about the node: the next attempt finds in the log how this one was left.
func elsewhere(why string) error {
	return temporal.NewApplicationErrorWithOptions(why, "unavailable", temporal.ApplicationErrorOptions{NextRetryDelay: elsewhereDelay})
}
