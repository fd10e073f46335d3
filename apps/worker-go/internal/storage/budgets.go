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

const (
	reserve = `select treadle.reserve($1::text, $2::text, $3::text, $4::integer, $5::integer, $6::bigint, $7::bigint,
  $8::double precision::numeric, $9::double precision::numeric) as value`
	settle = `select treadle.settle($1::text, $2::text, $3::text, $4::integer, $5::integer, $6::bigint,
  $7::double precision::numeric)::text as value`
)

// Reserve asks for what a request may take; see attempt.Budgets.
func (b *Budgets) Reserve(ctx context.Context, key appender.Key, call int, bounds model.Bounds) (*contract.Error, bool, error) {
	text, err := database.PersistentValue[[]byte](ctx, b.Pool, reserve, key.Run.Tenant, key.Run.ID, key.Path, key.Attempt, call,
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
	_, err := database.PersistentValue[*string](ctx, b.Pool, settle,
		key.Run.Tenant, key.Run.ID, key.Path, key.Attempt, call, spent.Tokens, spent.USD)
	return err
}
