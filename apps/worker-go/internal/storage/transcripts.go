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

// Transcripts are what agents have been told and said: see packages/storage/routines/4_transcripts.sql. Each call waits out an outage of
// Postgres, until ctx ends.
type Transcripts struct {
	Pool   *pgxpool.Pool
	Sealer *encryption.Sealer
}

// Read gives who speaks (null where no turn before had a profile), and all that was said before the turn, then own, with the content of
// each tool's result.
func (t *Transcripts) Read(ctx context.Context, run contract.RunRef, work *contract.ModelTurnWork, own []jsonvalue.Value) (profile, messages jsonvalue.Value, err error) {
	text, err := database.PersistentValue[[]byte](ctx, t.Pool, contract.StatementReadTranscript, run.Tenant, run.ID, work.Agent, work.Turn, jsonvalue.Text(own))
	if err != nil {
		return nil, nil, err
	}
	value, err := jsonvalue.Parse(text)
	transcript, isObject := value.(*jsonvalue.Object)
	if err != nil || !isObject {
		return nil, nil, fmt.Errorf("treadle.read_transcript gave no transcript: %w", err)
	}
	stored, _ := transcript.Get("profile")
	if profile, err = t.Sealer.Open(encryption.PlaceOf(run, work.Agent), stored); err != nil {
		return nil, nil, err
	}
	said, _ := transcript.Get("messages")
	list, _ := said.([]jsonvalue.Value)
	opened := make([]jsonvalue.Value, len(list))
	for i, message := range list {
		changed, err := withContents(message, work.Agent, func(path string, value jsonvalue.Value) (jsonvalue.Value, error) {
			return t.Sealer.Open(encryption.PlaceOf(run, path), value)
		})
		if err != nil {
			return nil, nil, err
		}
		opened[i] = without(changed, "path")
	}
	return profile, opened, nil
}

// Write puts the turn in the place of what is there; profile is nil where nobody new speaks. False: the attempt is fenced, and nothing
// was written.
func (t *Transcripts) Write(ctx context.Context, task *contract.NodeTask, attempt int, messages []jsonvalue.Value, profile *jsonvalue.Object) (bool, error) {
	work := task.Work.ModelTurn
	var newProfile *string
	if profile != nil {
		text := jsonvalue.Text(t.Sealer.Seal(encryption.PlaceOf(task.Run, work.Agent), profile))
		newProfile = &text
	}
	sealed := make([]jsonvalue.Value, len(messages))
	for i, message := range messages {
		var err error
		sealed[i], err = withContents(message, work.Agent, func(path string, value jsonvalue.Value) (jsonvalue.Value, error) {
			return t.Sealer.Seal(encryption.PlaceOf(task.Run, path), value), nil
		})
		if err != nil {
			return false, err
		}
	}
	return database.PersistentValue[bool](ctx, t.Pool, contract.StatementWriteTurn,
		task.Run.Tenant, task.Run.ID, task.Path, attempt, work.Agent, work.Turn, jsonvalue.Text(sealed), newProfile)
}

// PinTools gives the tools of a server as the run saw them first; listed is kept where it has seen none. Nil where there are none.
func (t *Transcripts) PinTools(ctx context.Context, run contract.RunRef, server string, listed []jsonvalue.Value) ([]jsonvalue.Value, error) {
	var given *string
	if listed != nil {
		text := jsonvalue.Text(t.Sealer.Seal(encryption.PlaceOf(run, ""), listed))
		given = &text
	}
	text, err := database.PersistentValue[[]byte](ctx, t.Pool, contract.StatementPinTools, run.Tenant, run.ID, server, given)
	if err != nil || text == nil {
		return nil, err
	}
	stored, err := jsonvalue.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("the pinned tools: %w", err)
	}
	value, err := t.Sealer.Open(encryption.PlaceOf(run, ""), stored)
	if err != nil {
		return nil, err
	}
	tools, _ := value.([]jsonvalue.Value)
	return tools, nil
}

// withContents gives the message with what was said in it changed; who says it, and which calls there are, Postgres reads. change is given
// the path that a content is sealed for: that of the checkpoint which has it, else the agent's.
func withContents(
	message jsonvalue.Value, agent string, change func(path string, value jsonvalue.Value) (jsonvalue.Value, error),
) (jsonvalue.Value, error) {
	object, isObject := message.(*jsonvalue.Object)
	if !isObject {
		return message, nil
	}
	path := agent
	if named, _ := object.Get("path"); named != nil {
		path, _ = named.(string)
	}
	changed := &jsonvalue.Object{}
	for _, member := range object.Members {
		value, err := member.Value, error(nil)
		switch member.Key {
		case "content":
			value, err = change(path, value)
		case "toolCalls":
			value, err = withArguments(value, func(arguments jsonvalue.Value) (jsonvalue.Value, error) { return change(path, arguments) })
		}
		if err != nil {
			return nil, err
		}
		changed.Set(member.Key, value)
	}
	return changed, nil
}

func withArguments(calls jsonvalue.Value, change func(jsonvalue.Value) (jsonvalue.Value, error)) (jsonvalue.Value, error) {
	list, _ := calls.([]jsonvalue.Value)
	changed := make([]jsonvalue.Value, len(list))
	for i, call := range list {
		object, isObject := call.(*jsonvalue.Object)
		if !isObject {
			return nil, fmt.Errorf("a tool call is no object")
		}
		copied := &jsonvalue.Object{Members: append([]jsonvalue.Member(nil), object.Members...)}
		if arguments, has := copied.Get("arguments"); has {
			value, err := change(arguments)
			if err != nil {
				return nil, err
			}
			copied.Set("arguments", value)
		}
		changed[i] = copied
	}
	return changed, nil
}

func without(value jsonvalue.Value, key string) jsonvalue.Value {
	object, isObject := value.(*jsonvalue.Object)
	if !isObject {
		return value
	}
	left := &jsonvalue.Object{}
	for _, member := range object.Members {
		if member.Key != key {
			left.Set(member.Key, member.Value)
		}
	}
	return left
}
