package attempt

import (
	"context"
	"sync"
	"unicode/utf8"

	"treadle.dev/treadle/internal/appender"
	"treadle.dev/treadle/internal/jsonvalue"
	"treadle.dev/treadle/internal/model"
	"treadle.dev/treadle/internal/secrets"
	"treadle.dev/treadle/internal/values"
)

// Log takes the events of attempts; see package appender.
type Log interface {
	Claim(ctx context.Context, claim appender.Claim) (appender.ClaimResult, error)
	Append(key appender.Key, events []appender.Event, settled func(appender.Result, error))
	End(key appender.Key, end appender.End) (appender.Result, error)
	Room(ctx context.Context) error
}

// writer writes the events of one attempt, in order, without waiting for each: the caller waits only where too much is under way. What
// comes back (the run's cancel flag, a fence, a failure to write) stops the attempt. No secret gets through. Safe for use by several
// goroutines.
type writer struct {
	log      Log
	key      appender.Key
	redactor *secrets.Redactor
	stop     *Stop

	mu sync.Mutex
	// ordinal is that of the last event; `node.started` of the claim is before 1.
	ordinal int
	// offset counts the code points of the text so far.
	offset int
	texts  *secrets.TextStream
	// calls are the arguments of each tool call, by its index: a secret may be cut in two there as well.
	calls []*secrets.TextStream
}

func newWriter(log Log, key appender.Key, redactor *secrets.Redactor, stop *Stop) *writer {
	return &writer{log: log, key: key, redactor: redactor, stop: stop, texts: redactor.Stream()}
}

// Text writes a piece of the answer's text, as `node.delta`.
func (w *writer) Text(ctx context.Context, piece string) error {
	w.mu.Lock()
	if w.stop.ctx.Err() == nil {
		w.delta(w.texts.Push(piece))
	}
	w.mu.Unlock()
	return w.room(ctx)
}

// ToolCall writes a piece of a tool call, as `node.delta` too.
func (w *writer) ToolCall(ctx context.Context, piece model.ToolCallPiece) error {
	w.mu.Lock()
	for len(w.calls) <= piece.Index {
		w.calls = append(w.calls, w.redactor.Stream())
	}
	if w.stop.ctx.Err() == nil {
		piece.Arguments = w.calls[piece.Index].Push(piece.Arguments)
		w.toolDelta(piece)
	}
	w.mu.Unlock()
	return w.room(ctx)
}

// Event writes any other event.
func (w *writer) Event(ctx context.Context, eventType string, data *jsonvalue.Object) error {
	text := w.clean(data)
	w.mu.Lock()
	if w.stop.ctx.Err() == nil {
		w.append(appender.Event{Type: eventType, Data: text})
	}
	w.mu.Unlock()
	return w.room(ctx)
}

func (w *writer) clean(data *jsonvalue.Object) string {
	return jsonvalue.Text(values.StorableValue(w.redactor.JSON(data)))
}

// end writes the last event, with an output or an error that is clean already, and waits until everything is committed.
func (w *writer) end(end appender.End) (appender.Result, error) {
	w.mu.Lock()
	w.delta(w.texts.End())
	for index, call := range w.calls {
		w.toolDelta(model.ToolCallPiece{Index: index, Arguments: call.End()})
	}
	w.ordinal++
	end.Ordinal = w.ordinal
	w.mu.Unlock()
	return w.log.End(w.key, end)
}

func (w *writer) delta(shown string) {
	if shown = jsonvalue.Storable(shown); shown == "" {
		return
	}
	event := appender.Event{Type: "node.delta", Text: shown, Offset: w.offset}
	w.offset += utf8.RuneCountInString(shown)
	w.append(event)
}

// toolDelta writes a piece whose arguments are clean; one with nothing in it is left out.
func (w *writer) toolDelta(piece model.ToolCallPiece) {
	call := jsonvalue.NewObject("index", piece.Index)
	for _, part := range []jsonvalue.Member{{Key: "id", Value: piece.ID}, {Key: "name", Value: piece.Name}, {Key: "arguments", Value: piece.Arguments}} {
		if part.Value != "" {
			call.Set(part.Key, part.Value)
		}
	}
	if len(call.Members) > 1 {
		w.append(appender.Event{Type: "node.delta", Data: w.clean(jsonvalue.NewObject("toolCall", call))})
	}
}

// append hands an event in; the lock keeps events in their order.
func (w *writer) append(event appender.Event) {
	w.ordinal++
	event.Ordinal = w.ordinal
	w.log.Append(w.key, []appender.Event{event}, func(result appender.Result, err error) {
		switch {
		case err != nil:
			w.stop.Now(&lostError{err})
		case !result.Accepted:
			w.stop.Now(errFenced)
		case result.CancelRequested:
			w.stop.Now(ErrCancelled)
		}
	})
}

func (w *writer) room(ctx context.Context) error {
	if err := w.log.Room(w.stop.ctx); err != nil {
		return err
	}
	if err := w.stop.ctx.Err(); err != nil {
		return err
	}
	return ctx.Err()
}
