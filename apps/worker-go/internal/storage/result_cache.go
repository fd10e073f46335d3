package storage

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/database"
	"treadle.dev/treadle/internal/encryption"
	"treadle.dev/treadle/internal/jsonvalue"
)

// ResultCache has results of nodes with `cacheMs`, for all runs of a tenant: see packages/storage/routines/5_cache.sql. An outage is
// waited out, until ctx ends.
type ResultCache struct {
	Pool   *pgxpool.Pool
	Sealer *encryption.Sealer
}

// Find gives a result that is at most cacheMs old; the run refers to its blobs from then on.
func (c *ResultCache) Find(ctx context.Context, task *contract.NodeTask) (jsonvalue.Value, bool, error) {
	text, err := database.PersistentValue[[]byte](ctx, c.Pool, contract.StatementFindCached,
		task.Run.Tenant, task.Run.ID, contract.Runtime, string(task.Work.Raw), textOrNull(task.OutputSchema), *task.CacheMs)
	if err != nil || text == nil {
		return nil, false, err
	}
	found, err := jsonvalue.Parse(text)
	if err != nil {
		return nil, false, fmt.Errorf("a cached result %w", err)
	}
	object, isObject := found.(*jsonvalue.Object)
	if !isObject {
		return nil, false, nil
	}
	stored, has := object.Get("output")
	output, err := c.Sealer.Open(encryption.Place{Tenant: task.Run.Tenant}, stored)
	return output, has, err
}

// Keep keeps a result for cacheMs, in the place of an older one.
func (c *ResultCache) Keep(ctx context.Context, task *contract.NodeTask, output jsonvalue.Value) error {
	sealed := jsonvalue.Text(c.Sealer.Seal(encryption.Place{Tenant: task.Run.Tenant}, output))
	_, err := database.PersistentValue[any](ctx, c.Pool, contract.StatementKeepCached,
		task.Run.Tenant, contract.Runtime, string(task.Work.Raw), textOrNull(task.OutputSchema), sealed, *task.CacheMs)
	return err
}

func textOrNull(json []byte) *string {
	if json == nil {
		return nil
	}
	text := string(json)
	return &text
}
