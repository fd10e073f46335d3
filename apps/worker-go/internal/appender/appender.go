package appender

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/database"
	"treadle.dev/treadle/internal/encryption"
)

const (
	// waitingBytesMax: past so many bytes of waiting events Room keeps its callers waiting.
	waitingBytesMax = 8 * 1024 * 1024
	retryFirst      = 20 * time.Millisecond
	retryMax        = 2 * time.Second
)

// ErrClosed is what calls get once the appender is closed.
var ErrClosed = errors.New("the appender is closed")

// Appender writes the events of a process. Safe for use by several goroutines.
type Appender struct {
	pool   *pgxpool.Pool
	sealer *encryption.Sealer
	log    *slog.Logger

	// abandoned ends when Close gives up what Postgres does not take.
	abandoned context.Context
	abandon   context.CancelFunc

	mu      sync.Mutex
	queue   []*item
	bytes   int
	sending bool
	closed  bool
	// roomy is closed, and replaced, when something was written; idle, when nothing waits any more.
	roomy, idle chan struct{}
}

// New makes an appender on connections of a login in treadle_worker, of which it uses one at a time.
func New(pool *pgxpool.Pool, sealer *encryption.Sealer, log *slog.Logger) *Appender {
	abandoned, abandon := context.WithCancel(context.Background())
	return &Appender{pool: pool, sealer: sealer, log: log, abandoned: abandoned, abandon: abandon, roomy: make(chan struct{}), idle: make(chan struct{})}
}

// Claim asks for an attempt, and waits for the answer. It goes on in the background where ctx ends first.
func (a *Appender) Claim(ctx context.Context, claim Claim) (ClaimResult, error) {
	if err := check(claim.Path, nil, nil); err != nil {
		return ClaimResult{}, err
	}
	answered := make(chan outcome, 1)
	a.enqueue(&item{
		run: claim.Run, path: claim.Path, bytes: sizeOfOutbox(claim.Outbox), claim: &claim, id: uuid.New(),
		settle: func(o outcome) { answered <- o },
	})
	select {
	case o := <-answered:
		return o.claim, o.err
	case <-ctx.Done():
		return ClaimResult{}, ctx.Err()
	}
}

// Append hands events in. settled is called once, when they are committed or refused; it must not block.
func (a *Appender) Append(key Key, events []Event, settled func(Result, error)) {
	a.write(key, events, nil, settled)
}

// End writes the last event of an attempt, and waits until it is committed or refused.
func (a *Appender) End(key Key, end End) (Result, error) {
	answered := make(chan outcome, 1)
	a.write(key, nil, &end, func(result Result, err error) { answered <- outcome{result: result, err: err} })
	o := <-answered
	return o.result, o.err
}

func (a *Appender) write(key Key, events []Event, end *End, settled func(Result, error)) {
	if err := check(key.Path, events, end); err != nil {
		settled(Result{}, err)
		return
	}
	a.enqueue(&item{
		run: key.Run, path: key.Path, bytes: sizeOf(events, end), attempt: key.Attempt, events: events, end: end,
		settle: func(o outcome) { settled(o.result, o.err) },
	})
}

func (a *Appender) enqueue(it *item) {
	a.mu.Lock()
	if a.closed {
		a.mu.Unlock()
		it.settle(outcome{err: ErrClosed})
		return
	}
	a.queue = append(a.queue, it)
	a.bytes += it.bytes
	if !a.sending {
		a.sending = true
		go a.sendAll()
	}
	a.mu.Unlock()
}

// Room waits while too much waits to be written. Call it before reading more of a model's stream.
func (a *Appender) Room(ctx context.Context) error {
	for {
		a.mu.Lock()
		full, roomy := a.bytes >= waitingBytesMax, a.roomy
		a.mu.Unlock()
		if !full {
			return nil
		}
		select {
		case <-roomy:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Close sends what waits, and refuses further calls. What Postgres does not take in time is refused too. Call it once.
func (a *Appender) Close(timeout time.Duration) {
	a.mu.Lock()
	a.closed = true
	sending, idle := a.sending, a.idle
	a.mu.Unlock()
	timer := time.AfterFunc(timeout, a.abandon)
	defer timer.Stop()
	if sending {
		<-idle
	}
}

// sendAll sends batch after batch until nothing waits.
func (a *Appender) sendAll() {
	for {
		a.mu.Lock()
		if len(a.queue) == 0 {
			a.sending = false
			close(a.idle)
			a.idle = make(chan struct{})
			a.mu.Unlock()
			return
		}
		next := a.nextBatch()
		a.mu.Unlock()
		a.send(next)
		a.release(next)
	}
}

// nextBatch takes what fits off the queue; what does not keeps its place.
func (a *Appender) nextBatch() *batch {
	next := newBatch()
	var left []*item
	looked := 0
	for ; looked < len(a.queue) && !next.isFull(); looked++ {
		if it := a.queue[looked]; !next.add(it) {
			left = append(left, it)
		}
	}
	a.queue = append(left, a.queue[looked:]...)
	return next
}

func (a *Appender) send(b *batch) {
	given, err := a.commit(b)
	if err == nil {
		b.settle(given, a.sealer)
		return
	}
	if len(b.items) > 1 && a.abandoned.Err() == nil {
		// Postgres refused the statement, so nothing of it is stored: find the call that it cannot take.
		for _, it := range b.items {
			alone := newBatch()
			alone.add(it)
			a.send(alone)
		}
		return
	}
	for _, it := range b.items {
		it.settle(outcome{err: err})
	}
}

func (a *Appender) release(b *batch) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, it := range b.items {
		a.bytes -= it.bytes
	}
	if a.bytes < waitingBytesMax {
		close(a.roomy)
		a.roomy = make(chan struct{})
	}
}

// commit sends one transaction, again and again unchanged while its outcome is unknown; the statement drops what is stored already.
func (a *Appender) commit(b *batch) (*answer, error) {
	args := b.statementArgs(a.sealer)
	for delay := retryFirst; ; delay = min(2*delay, retryMax) {
		text, err := database.Value[[]byte](a.abandoned, a.pool, contract.StatementAppend, args...)
		if err == nil {
			given := &answer{}
			if err := json.Unmarshal(text, given); err != nil {
				return nil, fmt.Errorf("treadle.append gave no answer: %w", err)
			}
			return given, nil
		}
		if a.abandoned.Err() != nil || !database.IsTransient(err) {
			return nil, err
		}
		a.log.Warn("A batch of events is sent again", "err", err.Error(), "delayMs", delay.Milliseconds())
		jittered := time.Duration(float64(delay) * (0.5 + rand.Float64()/2))
		select {
		case <-time.After(jittered):
		case <-a.abandoned.Done():
			return nil, err
		}
	}
}
