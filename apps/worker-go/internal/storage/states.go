package storage

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5/pgxpool"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/database"
	"treadle.dev/treadle/internal/encryption"
	"treadle.dev/treadle/internal/jsonvalue"
)

// States keeps what functions save for the next attempt, and says what they may know of their run: see
// packages/storage/routines/6_functions.sql. An outage is waited out, until ctx ends.
type States struct {
	Pool   *pgxpool.Pool
	Sealer *encryption.Sealer
}

// Save keeps a state; false, and nothing is kept, where the attempt is not the one that runs.
func (s *States) Save(ctx context.Context, task *contract.NodeTask, attempt int, state jsonvalue.Value) (bool, error) {
	return database.PersistentValue[bool](ctx, s.Pool, contract.StatementSaveState,
		task.Run.Tenant, task.Run.ID, task.Path, attempt, jsonvalue.Text(s.Sealer.Seal(encryption.PlaceOf(task.Run, task.Path), state)))
}

// Load gives what was saved last; nil where nothing was.
func (s *States) Load(ctx context.Context, task *contract.NodeTask) (json.RawMessage, error) {
	text, err := database.PersistentValue[json.RawMessage](ctx, s.Pool, contract.StatementLoadState, task.Run.Tenant, task.Run.ID, task.Path)
	if err != nil || text == nil {
		return nil, err
	}
	return s.Sealer.OpenText(encryption.PlaceOf(task.Run, task.Path), text)
}

// Metadata gives the run's `workflow`, `version` and `tags`.
func (s *States) Metadata(ctx context.Context, run contract.RunRef) (json.RawMessage, error) {
	return database.PersistentValue[json.RawMessage](ctx, s.Pool, contract.StatementRunMetadata, run.Tenant, run.ID)
}
