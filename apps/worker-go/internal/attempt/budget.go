package attempt

import (
	"context"
	"sync/atomic"
	"time"

	"treadle.dev/treadle/internal/appender"
	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/model"
)

// settleMax: a call that is stopped is settled all the same; one that cannot be is settled by Postgres once its attempt is over.
const settleMax = 10 * time.Second

// Budgets keeps what runs may take. Both may be repeated; call counts the requests of an attempt from 1.
type Budgets interface {
	// Reserve gives a refusal, nil where the request may be made; isFenced: a newer attempt has taken over.
	Reserve(ctx context.Context, key appender.Key, call int, bounds model.Bounds) (refusal *contract.Error, isFenced bool, err error)
	Settle(ctx context.Context, key appender.Key, call int, spent model.Spent) error
}

// callBudget is what the calls of one attempt count against.
type callBudget struct {
	budgets Budgets
	key     appender.Key
	stop    *Stop
	calls   atomic.Int64
}

func (e *Executor) budgetOf(writer *writer, claim appender.ClaimResult) model.Budget {
	if !claim.Limited {
		return model.NoBudget{}
	}
	return &callBudget{budgets: e.Budgets, key: writer.key, stop: writer.stop}
}

// Reserve holds what the next request may take; see model.Budget.
func (b *callBudget) Reserve(ctx context.Context, bounds model.Bounds) (func(model.Spent), error) {
	call := int(b.calls.Add(1))
	refusal, isFenced, err := b.budgets.Reserve(ctx, b.key, call, bounds)
	if isFenced {
		b.stop.Now(errFenced)
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, err
	case refusal != nil:
		return nil, refusal
	}
	return func(spent model.Spent) {
		settling, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleMax)
		defer cancel()
		_ = b.budgets.Settle(settling, b.key, call, spent) // See settleMax.
	}, nil
}
