package appender

import (
	"bytes"
	"encoding/json"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/encryption"
	"treadle.dev/treadle/internal/jsonvalue"
	"treadle.dev/treadle/internal/values"
)

// effects is what Postgres is given of an event beside its data: columns of the rows that the event changes. JSON is text; nil is null.
type effects struct {
	data                                 string
	kind, signal, output, failure, usage *string
}

// seal seals the values; data is the caller's, who knows of what event.
func (e *effects) seal(sealer *encryption.Sealer, place encryption.Place) {
	for _, value := range []*string{e.output, e.failure} {
		if value != nil {
			*value = sealer.SealText(place, *value)
		}
	}
}

// death is the data of `node.retrying` for an attempt that ended without a word.
const death = `{"error":{"type":"internal","message":"The attempt ended without a result: its worker died, or was cut off."}}`

// endEffects gives what the end of an attempt does to the node's row; output writes a checkpoint.
func endEffects(end *End) effects {
	object := &jsonvalue.Object{}
	e := effects{usage: jsonOf(end.Usage)}
	switch end.Type {
	case "node.completed":
		object = shownOutput(end.Output)
		if end.Usage != nil {
			object.Set("usage", valueOf(end.Usage))
		}
		if end.Cached {
			object.Set("cached", true)
		}
		object.Set("checkpoint", true)
		output := jsonvalue.Text(end.Output)
		e.output = &output
	case "node.retrying":
		object = jsonvalue.NewObject("error", valueOf(end.Error), "delayMs", float64(end.DelayMs))
		if end.Error.Type == "budget_exceeded" {
			// Told to Postgres, which does not count it among the node's failures.
			failure := jsonvalue.Text(valueOf(end.Error))
			e.failure = &failure
		}
	case "node.failed":
		object = jsonvalue.NewObject("error", valueOf(end.Error), "caught", end.Caught)
		failure := jsonvalue.Text(valueOf(end.Error))
		e.failure = &failure
	}
	e.data = jsonvalue.Text(object)
	return e
}

// outboxEffects gives what an event of the workflow does to the rows of its node or run.
func outboxEffects(event contract.OutboxEvent) effects {
	e := effects{data: compact(event.Data)}
	shown, err := jsonvalue.Parse(event.Data)
	object, isObject := shown.(*jsonvalue.Object)
	if err != nil || !isObject {
		return e
	}
	switch event.Type {
	case "node.started":
		e.kind, e.signal = textOf(object, "kind"), textOf(object, "signal")
	case "node.completed", "node.reused":
		e.output, e.usage = storedOutput(object), partOf(object, "usage")
		if e.output == nil {
			null := "null"
			e.output = &null
		}
		object.Set("checkpoint", true)
		e.data = jsonvalue.Text(object)
	case "run.completed":
		e.output = storedOutput(object)
	case "node.failed", "run.failed":
		if e.failure = partOf(object, "error"); e.failure == nil {
			null := "null"
			e.failure = &null
		}
	case "run.cancelled":
		// Postgres looks for the reason at this place, to put in the one that was asked with where there is none.
		if reason, has := object.Get("reason"); has {
			first := jsonvalue.NewObject("reason", reason)
			for _, member := range object.Members {
				first.Set(member.Key, member.Value)
			}
			e.data = jsonvalue.Text(first)
		}
	}
	return e
}

// shownOutput: events show `ref` where the whole output is a handle.
func shownOutput(output jsonvalue.Value) *jsonvalue.Object {
	if _, isHandle := values.AsHandle(output); isHandle {
		ref, _ := output.(*jsonvalue.Object).Get("$blob")
		return jsonvalue.NewObject("ref", ref)
	}
	return jsonvalue.NewObject("output", output)
}

func storedOutput(shown *jsonvalue.Object) *string {
	if ref, has := shown.Get("ref"); has {
		handle := jsonvalue.Text(jsonvalue.NewObject("$blob", ref))
		return &handle
	}
	return partOf(shown, "output")
}

func partOf(object *jsonvalue.Object, key string) *string {
	part, has := object.Get(key)
	if !has {
		return nil
	}
	text := jsonvalue.Text(part)
	return &text
}

func textOf(object *jsonvalue.Object, key string) *string {
	part, _ := object.Get(key)
	if text, isText := part.(string); isText {
		return &text
	}
	return nil
}

// valueOf makes a value of one of our own structs.
func valueOf(of any) jsonvalue.Value {
	value, err := jsonvalue.Of(of)
	if err != nil {
		panic(err) // They hold nothing that JSON has not.
	}
	return value
}

func jsonOf(usage *contract.Usage) *string {
	if usage == nil {
		return nil
	}
	text := jsonvalue.Text(valueOf(usage))
	return &text
}

func compact(text json.RawMessage) string {
	var compacted bytes.Buffer
	if json.Compact(&compacted, text) != nil {
		return string(text)
	}
	return compacted.String()
}
