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

// touchBlobs waits for a sweeper that is at this very blob.
const touchBlobs = `
  insert into treadle.blobs (tenant, sha256, size)
  select $1, sha256, max(size) from unnest($2::text[], $3::bigint[]) as b(sha256, size) group by sha256 order by sha256
  on conflict (tenant, sha256) do update set touched_at = clock_timestamp()`

const addRefs = `
  insert into treadle.blob_refs (tenant, run_id, sha256) select distinct $1, $2, b from unnest($3::text[]) as b
  on conflict do nothing`

// Add writes the reference. Repeats change nothing.
func (r *BlobRefs) Add(ctx context.Context, run contract.RunRef, blob values.Blob) error {
	ctx, cancel := context.WithTimeout(ctx, database.CallTimeout)
	defer cancel()
	return pgx.BeginFunc(ctx, r.Pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, touchBlobs, run.Tenant, []string{blob.SHA256}, []int64{blob.Size}); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, addRefs, run.Tenant, run.ID, []string{blob.SHA256})
		return err
	})
}
