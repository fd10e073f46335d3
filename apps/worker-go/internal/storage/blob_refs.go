// Package storage calls what workers of every language share in Postgres, beside treadle.append: packages/storage/routines has it.
package storage

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/database"
	"treadle.dev/treadle/internal/values"
)

// BlobRefs writes which run refers to which blob.
type BlobRefs struct {
	Pool *pgxpool.Pool
}

// Add writes the reference, and waits for a sweeper that is at this very blob. Repeats change nothing.
func (r *BlobRefs) Add(ctx context.Context, run contract.RunRef, blob values.Blob) error {
	ctx, cancel := context.WithTimeout(ctx, database.CallTimeout)
	defer cancel()
	return pgx.BeginFunc(ctx, r.Pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, contract.StatementTouchBlobs, run.Tenant, []string{blob.SHA256}, []int64{blob.Size}); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, contract.StatementAddRefs, run.Tenant, run.ID, []string{blob.SHA256})
		return err
	})
}
