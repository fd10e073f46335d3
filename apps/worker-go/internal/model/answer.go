package model

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
)

const (
	// answerLengthMax: an answer longer than this has run away. Bytes.
	answerLengthMax = 8 * 1024 * 1024
	toolCallsMax    = 128
)

// Answer is all that a model said in one call.
type Answer struct {
	Text      string
	ToolCalls []contract.ToolCall
}

// growing is an answer while it comes. Its texts may hold halves of surrogate pairs, which meet when they are whole.
type growing struct {
	text, refusal strings.Builder
	calls         []*growingCall
	finishReason  string
}

type growingCall struct {
	id        string
	name      strings.Builder
	arguments strings.Builder
}

func (g *growing) whole(names toolNames) *Answer {
	answer := &Answer{Text: jsonvalue.Join(g.text.String())}
	for _, call := range g.calls {
		arguments := jsonvalue.Join(call.arguments.String())
		name := names.fromWire(call.name.String())
		answer.ToolCalls = append(answer.ToolCalls, contract.ToolCall{ID: call.id, Name: name, Arguments: arguments})
	}
	return answer
}

// Listener is told of every piece as it comes, before the next is read. Usage is told once, also where the call fails.
type Listener struct {
	Text     func(piece string) error
	ToolCall func(piece ToolCallPiece) error
	Usage    func(usage contract.Usage)
}

// ToolCallPiece is what came of a tool call: empty texts are none.
type ToolCallPiece struct {
	Index               int
	ID, Name, Arguments string
}

var errNotJSON = errors.New("a chunk is not one of the protocol")

// stream makes one call. Errors are by the one taxonomy, but for ctx's own and the listener's.
func (c *Client) stream(ctx context.Context, run contract.RunRef, model contract.PlanModel, body []byte, listener Listener) (*growing, error) {
	answer := &growing{}
	one := 1
	usage := contract.Usage{LLMCalls: &one}
	defer func() { listener.Usage(usage) }()
	stream, err := c.post(ctx, run, model, body)
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	for events := newSSEReader(stream); ; {
		data, err := events.next()
		if err == io.EOF || strings.HasPrefix(data, "[DONE]") {
			break
		}
		if err == nil {
			err = answer.take(data, &usage, listener)
		}
		if err != nil {
			return nil, streamError(ctx, err)
		}
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if answer.finishReason == "" {
		return nil, contract.NewError("unavailable", "The model’s stream ended before its answer was complete.")
	}
	return answer, nil
}

func streamError(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case contract.AsError(err) != nil:
		return err
	case errors.Is(err, errNotJSON):
		return &contract.Error{Type: "unavailable", Message: "The model server sent a chunk that is not JSON.", Cause: err}
	default:
		return &contract.Error{Type: "unavailable", Message: "The model’s stream broke off" + reasonOf(err) + ".", Cause: err}
	}
}

// take lays a chunk onto the answer, and tells what is new in it. Choices beyond the first were not asked for.
func (g *growing) take(data string, usage *contract.Usage, listener Listener) error {
	value, err := jsonvalue.ParseString(data)
	chunk, isObject := value.(*jsonvalue.Object)
	if err != nil || !isObject {
		return errNotJSON
	}
	if failure, has := chunk.Get("error"); has && failure != nil {
		return eventError(failure)
	}
	if counts, isObject := get(chunk, "usage").(*jsonvalue.Object); isObject {
		takeUsage(counts, usage)
	}
	choices, _ := get(chunk, "choices").([]jsonvalue.Value)
	if len(choices) == 0 {
		return nil
	}
	choice, isObject := choices[0].(*jsonvalue.Object)
	if !isObject {
		return nil
	}
	if delta, isObject := get(choice, "delta").(*jsonvalue.Object); isObject {
		if err := g.takeDelta(delta, listener); err != nil {
			return err
		}
	}
	if reason, _ := get(choice, "finish_reason").(string); reason != "" {
		g.finishReason = reason
	}
	if g.text.Len()+g.refusal.Len() > answerLengthMax {
		return contract.NewError("invalid_output", fmt.Sprintf("The answer is longer than %d characters.", answerLengthMax))
	}
	return nil
}

func (g *growing) takeDelta(delta *jsonvalue.Object, listener Listener) error {
	if content, _ := get(delta, "content").(string); content != "" {
		g.text.WriteString(content)
		if err := listener.Text(content); err != nil {
			return err
		}
	}
	refusal, _ := get(delta, "refusal").(string)
	g.refusal.WriteString(refusal)
	calls, _ := get(delta, "tool_calls").([]jsonvalue.Value)
	for _, call := range calls {
		piece, err := g.takeToolCall(call)
		if err == nil {
			err = listener.ToolCall(piece)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (g *growing) takeToolCall(value jsonvalue.Value) (ToolCallPiece, error) {
	delta, isObject := value.(*jsonvalue.Object)
	if !isObject {
		return ToolCallPiece{}, errNotJSON
	}
	index, isNumber := get(delta, "index").(float64)
	at := int(index)
	if !isNumber || float64(at) != index || at < 0 || at >= toolCallsMax || at > len(g.calls) {
		return ToolCallPiece{}, errNotJSON
	}
	if at == len(g.calls) {
		g.calls = append(g.calls, &growingCall{})
	}
	call, piece := g.calls[at], ToolCallPiece{Index: at}
	// The id comes whole, and from some servers with every piece; name and arguments grow.
	if id, _ := get(delta, "id").(string); id != "" {
		call.id = id
		piece.ID = id
	}
	if function, isObject := get(delta, "function").(*jsonvalue.Object); isObject {
		if name, _ := get(function, "name").(string); name != "" {
			call.name.WriteString(name)
			piece.Name = name
		}
		if arguments, _ := get(function, "arguments").(string); arguments != "" {
			call.arguments.WriteString(arguments)
			piece.Arguments = arguments
		}
	}
	if call.arguments.Len() > answerLengthMax {
		message := fmt.Sprintf("The arguments of a tool call are longer than %d characters.", answerLengthMax)
		return piece, contract.NewError("invalid_output", message)
	}
	return piece, nil
}

func takeUsage(counts *jsonvalue.Object, usage *contract.Usage) {
	usage.InputTokens, usage.OutputTokens = tokens(counts, "prompt_tokens"), tokens(counts, "completion_tokens")
	if details, isObject := get(counts, "prompt_tokens_details").(*jsonvalue.Object); isObject {
		usage.CachedInputTokens = tokens(details, "cached_tokens")
	}
	if details, isObject := get(counts, "completion_tokens_details").(*jsonvalue.Object); isObject {
		usage.ReasoningTokens = tokens(details, "reasoning_tokens")
	}
}

func tokens(counts *jsonvalue.Object, key string) *int {
	number, isNumber := get(counts, key).(float64)
	if !isNumber {
		return nil
	}
	count := int(number)
	return &count
}

func get(object *jsonvalue.Object, key string) jsonvalue.Value {
	value, _ := object.Get(key)
	return value
}
