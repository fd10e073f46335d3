// The functions that the cases call, as README.md of test/conformance lists them: the same in every language.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"time"
	"unicode/utf8"

	"treadle.dev/treadle"
)

const textSchema = `{"type":"object","properties":{"text":{"type":"string"}},"required":["text"]}`

// Args are those of all functions: each looks at what it knows.
type Args struct {
	Text         string          `json:"text"`
	Result       json.RawMessage `json:"result"`
	Pieces       []string        `json:"pieces"`
	Type         string          `json:"type"`
	Message      string          `json:"message"`
	RetryAfterMs int64           `json:"retryAfterMs"`
	Name         string          `json:"name"`
	Value        json.RawMessage `json:"value"`
	Save         json.RawMessage `json:"save"`
	Wait         bool            `json:"wait"`
	Forge        bool            `json:"forge"`
}

func main() {
	register("length", length, treadle.InputSchema(textSchema), treadle.OutputSchema(`{"type":"integer"}`))
	register("stream", stream)
	register("fail", fail)
	register("wait", wait)
	register("deaf", deaf)
	register("secret", secret, treadle.Grant("TOKEN"))
	register("value", func(_ context.Context, args Args) (any, error) { return args.Value, nil })
	register("state", state)
	register("metadata", metadata)
	register("progress", progress)
	treadle.Main()
}

// register takes any argument and result, unless the options say otherwise.
func register(name string, call func(context.Context, Args) (any, error), options ...treadle.Option) {
	open := []treadle.Option{treadle.InputSchema("true"), treadle.OutputSchema("true")}
	treadle.Register("conformance."+name, call, append(open, options...)...)
}

func length(_ context.Context, args Args) (any, error) {
	if args.Result != nil {
		return args.Result, nil
	}
	return utf8.RuneCountInString(args.Text), nil
}

func stream(ctx context.Context, args Args) (any, error) {
	for _, piece := range args.Pieces {
		if err := treadle.EmitText(ctx, piece); err != nil {
			return nil, err
		}
	}
	call := treadle.InfoOf(ctx)
	if err := treadle.Log(ctx, treadle.Inform, "half way", map[string]any{"at": call.Path}); err != nil {
		return nil, err
	}
	return map[string]any{"run": call.RunID, "tenant": call.Tenant, "attempt": call.Attempt, "path": call.Path}, nil
}

func fail(_ context.Context, args Args) (any, error) {
	if args.Type == "" {
		return nil, errors.New(args.Message)
	}
	after := time.Duration(args.RetryAfterMs) * time.Millisecond
	return nil, &treadle.Error{Type: args.Type, Message: args.Message, RetryAfter: after}
}

// wait never ends by itself, and ends when it is told to stop.
func wait(ctx context.Context, _ Args) (any, error) {
	if err := treadle.EmitText(ctx, "waiting"); err != nil {
		return nil, err
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

// deaf never ends, and listens to nobody.
func deaf(ctx context.Context, _ Args) (any, error) {
	if err := treadle.EmitText(ctx, "waiting"); err != nil {
		return nil, err
	}
	select {}
}

func secret(ctx context.Context, args Args) (any, error) {
	value, err := treadle.Secret(ctx, args.Name)
	if err != nil {
		return nil, err
	}
	if err := treadle.Log(ctx, treadle.Inform, "It is "+value+".", nil); err != nil {
		return nil, err
	}
	for _, letter := range "It is " + value + ", I think." {
		if err := treadle.EmitText(ctx, string(letter)); err != nil {
			return nil, err
		}
	}
	return map[string]any{"value": value, "list": []string{"Bearer " + value}, "length": utf8.RuneCountInString(value)}, nil
}

func state(ctx context.Context, args Args) (any, error) {
	kept, found, err := treadle.LoadState[json.RawMessage](ctx)
	if err != nil {
		return nil, err
	}
	if found {
		return map[string]any{"state": kept, "attempt": treadle.InfoOf(ctx).Attempt}, nil
	}
	kept = args.Save
	if args.Forge {
		kept = json.RawMessage(`{"a":{"$blob":` + string(args.Save) + `}}`)
	}
	if err := treadle.SaveState(ctx, kept); err != nil {
		return nil, err
	}
	if err := treadle.EmitText(ctx, "saved"); err != nil {
		return nil, err
	}
	if args.Wait {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return nil, treadle.Errorf("unavailable", "Not yet.")
}

func metadata(ctx context.Context, _ Args) (any, error) {
	known, err := treadle.MetadataOf(ctx)
	var version any
	if known.Version != "" {
		version = known.Version
	}
	return map[string]any{"workflow": known.Workflow, "version": version, "tags": known.Tags}, err
}

func progress(ctx context.Context, _ Args) (any, error) {
	if err := treadle.Progress(ctx, 0.25, "a quarter"); err != nil {
		return nil, err
	}
	return nil, treadle.Progress(ctx, 1, "done")
}
