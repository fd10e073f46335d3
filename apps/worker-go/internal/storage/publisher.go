package storage

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/database"
	"treadle.dev/treadle/internal/functions"
)

const (
	publishEvery = time.Minute
	publishedFor = 5 * time.Minute
)

// Publisher tells which functions this process has registered, so that documents are checked against them. What it has told counts for
// five minutes.
type Publisher struct {
	Pool      *pgxpool.Pool
	Functions *functions.Registry
	Log       *slog.Logger
	// worker names the process; made at the first call.
	worker string
}

type published struct {
	Name         string          `json:"name"`
	Description  string          `json:"description,omitempty"`
	InputSchema  json.RawMessage `json:"inputSchema,omitempty"`
	OutputSchema json.RawMessage `json:"outputSchema,omitempty"`
}

// Publish tells once.
func (p *Publisher) Publish(ctx context.Context) error {
	if p.worker == "" {
		p.worker = uuid.NewString()
	}
	list := []published{}
	for _, name := range p.Functions.Names() {
		entry := p.Functions.Find(name)
		list = append(list, published{
			Name: name, Description: entry.Description, InputSchema: entry.Input, OutputSchema: entry.Output,
		})
	}
	text, err := json.Marshal(list)
	if err != nil {
		return err
	}
	_, err = database.PersistentValue[any](ctx, p.Pool, contract.StatementPublishFunctions,
		contract.Runtime, p.worker, string(text), int(publishedFor.Seconds()))
	return err
}

// KeepPublishing tells every minute, until ctx ends.
func (p *Publisher) KeepPublishing(ctx context.Context) {
	ticker := time.NewTicker(publishEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := p.Publish(ctx); err != nil && ctx.Err() == nil {
				p.Log.Warn("The functions could not be published", "err", err.Error())
			}
		}
	}
}
