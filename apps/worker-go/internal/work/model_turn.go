package work

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
	"treadle.dev/treadle/internal/model"
	"treadle.dev/treadle/internal/values"
)

// misfitLengthMax is that of what does not fit, in UTF-16 units: it goes through the workflow.
const misfitLengthMax = 1_000

// Transcripts keeps what agents have been told and said.
type Transcripts interface {
	Read(ctx context.Context, run contract.RunRef, work *contract.ModelTurnWork, own []jsonvalue.Value) (profile, messages jsonvalue.Value, err error)
	Write(ctx context.Context, task *contract.NodeTask, attempt int, messages []jsonvalue.Value, profile *jsonvalue.Object) (bool, error)
	PinTools(ctx context.Context, run contract.RunRef, server string, listed []jsonvalue.Value) ([]jsonvalue.Value, error)
}

// ModelTurnParts is what turns of agents need.
type ModelTurnParts struct {
	Asker       *model.Asker
	Schemas     *values.Schemas
	Transcripts Transcripts
	Tools       MCPTools
}

// ModelTurn makes one model call of an agent: the conversation is read, the model asked, and the turn written, before the attempt ends.
// Its output is a ModelTurnAnswer. See docs/worker-protocol.md.
func ModelTurn(parts ModelTurnParts) Perform {
	return func(ctx context.Context, c *Context) (Result, error) {
		turn := &modelTurn{ModelTurnParts: parts, Context: c, work: c.Task.Work.ModelTurn}
		output, err := turn.perform(ctx)
		return Result{Output: output, IsFinished: true}, err
	}
}

type modelTurn struct {
	ModelTurnParts
	*Context
	work *contract.ModelTurnWork
	// own are the messages that the turn adds before the model is asked.
	own []jsonvalue.Value
	// fresh is the profile of a speaker who is new in this turn; nil: nobody is.
	fresh      *jsonvalue.Object
	structured *model.Structured
}

func (t *modelTurn) perform(ctx context.Context) (jsonvalue.Value, error) {
	request, err := t.request(ctx)
	if err != nil {
		return nil, err
	}
	answer, err := t.Asker.Ask(ctx, request, t.Budget, listener(ctx, t.Context))
	if err != nil {
		return nil, err
	}
	// Clean once: the conversation and the workflow get the same words.
	calls, err := t.clean(ctx, callValues(withIDs(answer.ToolCalls, t.work.Turn)))
	if err != nil {
		return nil, err
	}
	content, err := t.clean(ctx, answer.Text)
	if err != nil {
		return nil, err
	}
	message := jsonvalue.NewObject("role", "assistant", "content", content)
	var output jsonvalue.Value
	if asked := calls.([]jsonvalue.Value); len(asked) > 0 {
		message.Set("toolCalls", calls)
		asked, err = t.asked(ctx, asked)
		output = jsonvalue.NewObject("toolCalls", asked)
	} else {
		output, err = t.final(ctx, answer.Text)
	}
	if err != nil {
		return nil, err
	}
	isWritten, err := t.Transcripts.Write(ctx, t.Task, t.Attempt, append(t.own, message), t.fresh)
	if err == nil && !isWritten {
		err = errors.New("a newer attempt has taken over") // Nothing of this one can be written any more.
	}
	return output, err
}

// request reads the conversation, and makes of it what the model is asked.
func (t *modelTurn) request(ctx context.Context) (model.Request, error) {
	request := model.Request{Run: t.Task.Run, Path: t.Task.Path, Model: t.work.Model}
	var err error
	if t.own, err = ownMessages(t.work); err != nil {
		return request, err
	}
	stored, messages, err := t.Transcripts.Read(ctx, t.Task.Run, t.work, t.own)
	if err != nil {
		return request, err
	}
	profile, isObject := stored.(*jsonvalue.Object)
	if t.work.Tools != nil {
		if t.fresh, err = t.newProfile(ctx); err != nil {
			return request, err
		}
		profile, isObject = t.fresh, true
	}
	if !isObject {
		return request, fmt.Errorf("the agent %s has no profile at turn %d", t.work.Agent, t.work.Turn)
	}
	instructions, _ := profile.Get("instructions")
	// Handles are loaded together: what both hold is loaded once, and the bound is that of the task.
	loaded, err := t.Load(ctx, json.RawMessage(jsonvalue.Text([]jsonvalue.Value{instructions, messages})))
	if err != nil {
		return request, err
	}
	both := loaded.([]jsonvalue.Value)
	if both[0] != jsonvalue.Value("") && both[0] != nil {
		request.Messages = append(request.Messages, model.Message{Role: "system", Content: both[0]})
	}
	said, _ := both[1].([]jsonvalue.Value)
	for _, message := range said {
		request.Messages = append(request.Messages, messageOf(message))
	}
	tools, _ := profile.Get("tools")
	request.Tools = toolsOf(tools)
	if t.Task.OutputSchema != nil {
		if t.structured, err = model.NewStructured(t.Task.OutputSchema, t.Schemas); err != nil {
			return request, err
		}
		request.Format = t.structured.Format
	}
	return request, nil
}

func (t *modelTurn) newProfile(ctx context.Context) (*jsonvalue.Object, error) {
	var instructions jsonvalue.Value
	if t.work.Instructions != nil {
		var err error
		if instructions, err = jsonvalue.Parse(t.work.Instructions); err != nil {
			return nil, err
		}
	}
	tools, err := t.offer(ctx, t.work.Tools)
	return jsonvalue.NewObject("instructions", instructions, "tools", tools), err
}

// final is the answer without tool calls: the output, or why none fits.
func (t *modelTurn) final(ctx context.Context, text string) (jsonvalue.Value, error) {
	value := jsonvalue.Value(text)
	if t.structured != nil {
		var err error
		value, err = t.structured.Read(text)
		if known := contract.AsError(err); known != nil && known.Type == "invalid_output" {
			problem, err := t.clean(ctx, known.Message)
			if err != nil {
				return nil, err
			}
			return jsonvalue.NewObject("misfit", jsonvalue.Cut(problem.(string), misfitLengthMax)), nil
		}
		if err != nil {
			return nil, err
		}
	}
	output, err := t.Keep(ctx, value, contract.InlineBytesMax)
	return jsonvalue.NewObject("output", output), err
}

func (t *modelTurn) clean(ctx context.Context, value jsonvalue.Value) (jsonvalue.Value, error) {
	return t.Keep(ctx, value, math.MaxInt)
}

// ownMessages are those that the turn adds: results of tools first, as the protocol wants them.
func ownMessages(work *contract.ModelTurnWork) ([]jsonvalue.Value, error) {
	own := []jsonvalue.Value{}
	for _, result := range work.Results {
		value, err := jsonvalue.Of(result)
		if err != nil {
			return nil, err
		}
		message := jsonvalue.NewObject("role", "tool")
		message.Members = append(message.Members, value.(*jsonvalue.Object).Members...)
		own = append(own, message)
	}
	if work.Input != nil {
		input, err := jsonvalue.Parse(work.Input)
		if err != nil {
			return nil, err
		}
		own = append(own, jsonvalue.NewObject("role", "user", "content", input))
	}
	if work.Repair != "" {
		own = append(own, jsonvalue.NewObject("role", "user", "content", RepairText(work.Repair)))
	}
	return own, nil
}

func messageOf(value jsonvalue.Value) model.Message {
	object, isObject := value.(*jsonvalue.Object)
	if !isObject {
		return model.Message{}
	}
	content, has := object.Get("content")
	if !has {
		content = ""
	}
	message := model.Message{Role: textAt(object, "role"), Content: content, ToolCallID: textAt(object, "toolCallId")}
	calls, _ := object.Get("toolCalls")
	list, _ := calls.([]jsonvalue.Value)
	for _, call := range list {
		if asked, isObject := call.(*jsonvalue.Object); isObject {
			message.ToolCalls = append(message.ToolCalls, contract.ToolCall{
				ID: textAt(asked, "id"), Name: textAt(asked, "name"), Arguments: textAt(asked, "arguments"),
			})
		}
	}
	return message
}

func toolsOf(value jsonvalue.Value) []model.Tool {
	var tools []model.Tool
	list, _ := value.([]jsonvalue.Value)
	for _, item := range list {
		if spec, isObject := item.(*jsonvalue.Object); isObject {
			schema, _ := spec.Get("inputSchema")
			tools = append(tools, model.Tool{Name: textAt(spec, "name"), Description: textAt(spec, "description"), InputSchema: schema})
		}
	}
	return tools
}

func textAt(object *jsonvalue.Object, key string) string {
	value, _ := object.Get(key)
	text, _ := value.(string)
	return text
}
