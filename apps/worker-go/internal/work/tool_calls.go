package work

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
	"treadle.dev/treadle/internal/mcp"
	"treadle.dev/treadle/internal/values"
)

const (
	// argumentsBytes: arguments up to this stay in an answer that is too large as a whole.
	argumentsBytes = 1024
	shownLength    = 200
)

// withIDs gives each call an id of its own: some servers give none, or the same one to all.
func withIDs(calls []contract.ToolCall, turn int) []contract.ToolCall {
	taken := map[string]bool{}
	named := make([]contract.ToolCall, len(calls))
	for i, call := range calls {
		if call.ID == "" || taken[call.ID] {
			call.ID = fmt.Sprintf("call_%d_%d", turn, i)
		}
		taken[call.ID] = true
		named[i] = call
	}
	return named
}

func callValues(calls []contract.ToolCall) jsonvalue.Value {
	list := make([]jsonvalue.Value, len(calls))
	for i, call := range calls {
		list[i] = jsonvalue.NewObject("id", call.ID, "name", call.Name, "arguments", call.Arguments)
	}
	return list
}

// asked gives the calls for the workflow: where they are too large together, large arguments are put aside as handles of the objects
// that they are.
func (t *modelTurn) asked(ctx context.Context, calls []jsonvalue.Value) ([]jsonvalue.Value, error) {
	if len(jsonvalue.Text(calls)) <= contract.InlineBytesMax {
		return calls, nil
	}
	asked := make([]jsonvalue.Value, len(calls))
	for i, value := range calls {
		call := value.(*jsonvalue.Object)
		arguments := textAt(call, "arguments")
		asked[i] = call
		if len(arguments) <= argumentsBytes {
			continue
		}
		smaller := jsonvalue.NewObject("id", textAt(call, "id"), "name", textAt(call, "name"))
		args := parseArguments(arguments)
		if args == nil {
			// Nothing can be made of them: enough is kept to say so, and never JSON.
			smaller.Set("arguments", jsonvalue.Cut(arguments, shownLength)+"…")
		} else {
			handle, err := t.Keep(ctx, args, 0)
			if err != nil {
				return nil, err
			}
			smaller.Set("arguments", "")
			smaller.Set("args", handle)
		}
		asked[i] = smaller
	}
	return asked, nil
}

func parseArguments(text string) *jsonvalue.Object {
	value, err := values.ParseForeign([]byte(text), "They")
	if err == nil {
		err = values.CheckForeign(value, "They")
	}
	object, isObject := value.(*jsonvalue.Object)
	if err != nil || !isObject {
		return nil
	}
	return object
}

// offer gives the tools that a model is offered, those of MCP servers one by one, each as `<name>.<tool>`. A server is asked once in a
// run: what it says of its tools then holds to the run's end.
func (t *modelTurn) offer(ctx context.Context, specs []contract.ToolSpec) ([]jsonvalue.Value, error) {
	offered := []jsonvalue.Value{}
	for _, spec := range specs {
		if spec.MCP == nil {
			value, err := jsonvalue.Of(spec)
			if err != nil {
				return nil, err
			}
			offered = append(offered, value)
			continue
		}
		entry, _, _ := strings.Cut(spec.Name, ".")
		tools, err := t.serverTools(ctx, spec.MCP)
		if err != nil {
			return nil, err
		}
		for _, tool := range tools {
			if object, isObject := tool.(*jsonvalue.Object); isObject {
				named := &jsonvalue.Object{Members: append([]jsonvalue.Member(nil), object.Members...)}
				named.Set("name", entry+"."+textAt(object, "name"))
				offered = append(offered, named)
			}
		}
	}
	return offered, nil
}

func (t *modelTurn) serverTools(ctx context.Context, source *contract.ToolSpecMCP) ([]jsonvalue.Value, error) {
	named, err := jsonvalue.Of(source)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(jsonvalue.Canonical(named)))
	key := hex.EncodeToString(sum[:])
	pinned, err := t.Transcripts.PinTools(ctx, t.Task.Run, key, nil)
	if err != nil || pinned != nil {
		return pinned, err
	}
	listed, err := t.Tools.List(ctx, mcp.Server{URL: source.Server.URL, Headers: source.Server.Headers, Run: t.Task.Run}, source.Tools)
	if err != nil {
		return nil, err
	}
	return t.Transcripts.PinTools(ctx, t.Task.Run, key, listed)
}
