package work

import (
	"context"

	"treadle.dev/treadle/internal/jsonvalue"
	"treadle.dev/treadle/internal/values"
)

// Emit puts an event of the author's own on the stream, `custom.<name>`. Its data are the author's where those are an object, else
// `{ value }`; what is large stays stored and shows as `{ ref }`. Its output is null.
func Emit(ctx context.Context, c *Context) (Result, error) {
	emit := c.Task.Work.Emit
	data, err := jsonvalue.Parse(emit.Data)
	if err != nil {
		return Result{}, err
	}
	return Result{}, c.Events.Event(ctx, "custom."+emit.Event, eventData(data))
}

func eventData(data jsonvalue.Value) *jsonvalue.Object {
	object, isObject := data.(*jsonvalue.Object)
	if !isObject {
		return jsonvalue.NewObject("value", data)
	}
	if _, isHandle := values.AsHandle(data); isHandle {
		ref, _ := object.Get("$blob")
		return jsonvalue.NewObject("ref", ref)
	}
	return object
}

// Checkpoint makes a named point to fork from. Its output is null.
func Checkpoint(ctx context.Context, c *Context) (Result, error) {
	name := c.Task.Work.Checkpoint.Name
	err := c.Events.Event(ctx, "checkpoint.created", jsonvalue.NewObject("name", name))
	return Result{CheckpointName: name}, err
}
