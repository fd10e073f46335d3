package storage

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/database"
	"treadle.dev/treadle/internal/jsonvalue"
)

// Transcripts are what agents have been told and said: see packages/storage/routines/4_transcripts.sql. Each call waits out an outage of
// Postgres, until ctx ends.
type Transcripts struct {
	Pool *pgxpool.Pool
}

const (
	readTranscript = `select treadle.read_transcript($1, $2, $3, $4, $5::json) as value`
	writeTurn      = `select treadle.write_turn($1, $2, $3, $4, $5, $6, $7::json, $8::json) as value`
	pinTools       = `select treadle.pin_tools($1, $2, $3, $4::json) as value`
)

// Read gives who speaks (null where no turn before had a profile), and all that was said before the turn, then own, with the content of
// each tool's result.
func (t *Transcripts) Read(ctx context.Context, run contract.RunRef, work *contract.ModelTurnWork, own []jsonvalue.Value) (profile, messages jsonvalue.Value, err error) {
	text, err := database.PersistentValue[[]byte](ctx, t.Pool, readTranscript, run.Tenant, run.ID, work.Agent, work.Turn, jsonvalue.Text(own))
	if err != nil {
		return nil, nil, err
	}
	value, err := jsonvalue.Parse(text)
	transcript, isObject := value.(*jsonvalue.Object)
	if err != nil || !isObject {
		return nil, nil, fmt.Errorf("treadle.read_transcript gave no transcript: %w", err)
	}
	profile, _ = transcript.Get("profile")
	messages, _ = transcript.Get("messages")
	return profile, messages, nil
}

// Write puts the turn in the place of what is there; profile is nil where nobody new speaks. False: the attempt is fenced, and nothing
// was written.
func (t *Transcripts) Write(ctx context.Context, task *contract.NodeTask, attempt int, messages []jsonvalue.Value, profile *jsonvalue.Object) (bool, error) {
	work := task.Work.ModelTurn
	var newProfile *string
	if profile != nil {
		text := jsonvalue.Text(profile)
		newProfile = &text
	}
	return database.PersistentValue[bool](ctx, t.Pool, writeTurn,
		task.Run.Tenant, task.Run.ID, task.Path, attempt, work.Agent, work.Turn, jsonvalue.Text(messages), newProfile)
}

// PinTools gives the tools of a server as the run saw them first; listed is kept where it has seen none. Nil where there are none.
func (t *Transcripts) PinTools(ctx context.Context, run contract.RunRef, server string, listed []jsonvalue.Value) ([]jsonvalue.Value, error) {
	var given *string
	if listed != nil {
		text := jsonvalue.Text(listed)
		given = &text
	}
	text, err := database.PersistentValue[[]byte](ctx, t.Pool, pinTools, run.Tenant, run.ID, server, given)
	if err != nil || text == nil {
		return nil, err
	}
	value, err := jsonvalue.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("the pinned tools: %w", err)
	}
	tools, _ := value.([]jsonvalue.Value)
	return tools, nil
}
