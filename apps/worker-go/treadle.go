// Package treadle is the framework of Treadle's Go worker. A program registers its functions and runs the worker:
//
//	func main() {
//		treadle.Register("score", score)
//		treadle.Main()
//	}
//
//	func score(ctx context.Context, in Text) (Score, error) { … }
//
// A document then calls it as a tool of kind `function` with `runtime: go`. The worker executes model calls, http tools and everything
// else of its language beside it.
package treadle

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/google/jsonschema-go/jsonschema"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/functions"
)

// registered are the functions of this process: Register adds to it before the worker takes work.
var registered = functions.NewRegistry()

// Register registers a function under a name, for nodes of kind `tool`. The JSON Schemas of its argument and of its result come from
// the types In and Out (fields by their `json` tags, descriptions by `jsonschema` tags) and are checked at every call.
//
// It may run more than once for the same node (a worker can die before its result is stored), so effects outside should be keyed by
// InfoOf(ctx).RunID and Path. When the node is cancelled, its time is over, or the worker stops, ctx ends: a function that does not look
// at it is left behind, and its result is dropped. An *Error keeps its type; any other error becomes `tool_error`, which is not retried
// unless the node's `retry.on` says so.
//
// Register panics where the name is taken or is none, or where JSON Schema has no word for a type.
func Register[In, Out any](name string, call func(ctx context.Context, in In) (Out, error), options ...Option) {
	entry := &functions.Entry{Name: name, Input: schemaFor[In](name), Output: schemaFor[Out](name)}
	for _, option := range options {
		option(entry)
	}
	entry.Call = func(ctx context.Context, args json.RawMessage) (json.RawMessage, error) {
		var in In
		if err := json.Unmarshal(args, &in); err != nil {
			return nil, contract.NewError("invalid_request", fmt.Sprintf("The arguments do not fit the input of %q: %v", name, err))
		}
		out, err := call(ctx, in)
		if err != nil {
			return nil, err
		}
		result, err := json.Marshal(out)
		if err != nil {
			return nil, contract.NewError("invalid_output", fmt.Sprintf("What %q gave is not JSON: %v", name, err))
		}
		return result, nil
	}
	if err := registered.Add(entry); err != nil {
		panic("treadle: " + err.Error())
	}
}

// Option says more about a function than its types do.
type Option func(*functions.Entry)

// Describe tells models and people what the function does.
func Describe(description string) Option {
	return func(entry *functions.Entry) { entry.Description = description }
}

// Grant lets the function ask for these secrets of the worker.
func Grant(secrets ...string) Option {
	return func(entry *functions.Entry) { entry.Secrets = append(entry.Secrets, secrets...) }
}

// InputSchema puts a JSON Schema in the place of the one that In gives. It panics where it is not JSON.
func InputSchema(schema string) Option {
	return func(entry *functions.Entry) { entry.Input = mustBeJSON(schema) }
}

// OutputSchema puts a JSON Schema in the place of the one that Out gives. It panics where it is not JSON.
func OutputSchema(schema string) Option {
	return func(entry *functions.Entry) { entry.Output = mustBeJSON(schema) }
}

func mustBeJSON(schema string) []byte {
	if !json.Valid([]byte(schema)) {
		panic("treadle: a schema is not JSON: " + schema)
	}
	return []byte(schema)
}

func schemaFor[T any](name string) []byte {
	schema, err := jsonschema.For[T](nil)
	if err == nil {
		var text []byte
		if text, err = json.Marshal(schema); err == nil {
			return text
		}
	}
	panic(fmt.Sprintf("treadle: the type %v of the function %q has no JSON Schema: %v", reflect.TypeFor[T](), name, err))
}
