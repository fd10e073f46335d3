package storage

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/database"
)

const workflowOf = `select workflow_name as name from treadle.runs where tenant = $1 and id = $2 and workflow_version is not null`

// WorkflowOf gives how to learn the name of the stored workflow that a run executes: "" where its document was posted with it.
func WorkflowOf(pool *pgxpool.Pool) func(context.Context, contract.RunRef) (string, error) {
	return func(ctx context.Context, run contract.RunRef) (string, error) {
		name, err := database.PersistentValue[string](ctx, pool, workflowOf, run.Tenant, run.ID)
		if errors.Is(err, pgx.ErrNoRows) {
			return "", nil
		}
		return name, err
	}
}
