package storage

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"

	"treadle.dev/treadle/internal/appender"
	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/database"
	"treadle.dev/treadle/internal/model"
)

// Budgets of runs (packages/storage/routines/4_budgets.sql): a call is reserved before it is made, and settled by what it took. An
// outage is waited out, until ctx ends.
type Budgets struct {
	Pool *pgxpool.Pool
}

// Reserve asks for what a request may take; see attempt.Budgets.
func (b *Budgets) Reserve(ctx context.Context, key appender.Key, call int, bounds model.Bounds) (*contract.Error, bool, error) {
	text, err := database.PersistentValue[[]byte](ctx, b.Pool, contract.StatementReserve, key.Run.Tenant, key.Run.ID, key.Path, key.Attempt, call,
		bounds.RequestTokens, bounds.AnswerTokens, bounds.RequestUSD, bounds.AnswerUSD)
	if err != nil {
		return nil, false, err
	}
	var answer struct {
		Status string             `json:"status"`
		Error  contract.ErrorInfo `json:"error"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, false, fmt.Errorf("treadle.reserve gave no answer: %w", err)
	}
	if answer.Status != "refused" {
		return nil, answer.Status == "fenced", nil
	}
	return &contract.Error{Type: answer.Error.Type, Message: answer.Error.Message, Details: answer.Error.Details}, false, nil
}

// Settle puts what a request took in the place of what was reserved for it.
func (b *Budgets) Settle(ctx context.Context, key appender.Key, call int, spent model.Spent) error {
	_, err := database.PersistentValue[*string](ctx, b.Pool, contract.StatementSettle,
		key.Run.Tenant, key.Run.ID, key.Path, key.Attempt, call, spent.Tokens, spent.USD)
	return err
}
