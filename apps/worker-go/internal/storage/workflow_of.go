package storage

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/database"
)

// WorkflowOf gives how to learn the name of the stored workflow that a run executes: "" where its document was posted with it.
func WorkflowOf(pool *pgxpool.Pool) func(context.Context, contract.RunRef) (string, error) {
	return func(ctx context.Context, run contract.RunRef) (string, error) {
		name, err := database.PersistentValue[*string](ctx, pool, contract.StatementStoredWorkflowOf, run.Tenant, run.ID)
		if errors.Is(err, pgx.ErrNoRows) || err == nil && name == nil {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		return *name, nil
	}
}
