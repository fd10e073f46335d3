package work

import (
	"context"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
	"treadle.dev/treadle/internal/model"
	"treadle.dev/treadle/internal/values"
)

// LLM makes one model call, its tokens streamed. With an outputSchema the answer is a value that fits it; one that does not gets one
// repair turn: a second call that says what is wrong, whose text goes on where the first one's ended.
func LLM(asker *model.Asker, schemas *values.Schemas) Perform {
	return func(ctx context.Context, c *Context) (Result, error) {
		llm := c.Task.Work.LLM
		messages, err := loadMessages(ctx, c, llm.Messages)
		if err != nil {
			return Result{}, err
		}
		request := model.Request{Run: c.Task.Run, Path: c.Task.Path, Model: llm.Model, Messages: messages}
		if c.Task.OutputSchema == nil {
			answer, err := asker.Ask(ctx, request, c.Budget, listener(ctx, c))
			if err != nil {
				return Result{}, err
			}
			return Result{Output: answer.Text}, nil
		}
		return askStructured(ctx, c, asker, schemas, request)
	}
}

func askStructured(ctx context.Context, c *Context, asker *model.Asker, schemas *values.Schemas, request model.Request) (Result, error) {
	structured, err := model.NewStructured(c.Task.OutputSchema, schemas)
	if err != nil {
		return Result{}, err
	}
	request.Format = structured.Format
	answer, err := asker.Ask(ctx, request, c.Budget, listener(ctx, c))
	if err != nil {
		return Result{}, err
	}
	value, err := structured.Read(answer.Text)
	problem := contract.AsError(err)
	if problem == nil || problem.Type != "invalid_output" {
		return Result{Output: value, IsChecked: true}, err
	}
	line := jsonvalue.NewObject("level", "warn", "message", problem.Message+" The model is asked once more.")
	if err := c.Events.Event(ctx, "log", line); err != nil {
		return Result{}, err
	}
	request.Messages = append(request.Messages,
		model.Message{Role: "assistant", Content: answer.Text},
		model.Message{Role: "user", Content: RepairText(problem.Message)})
	if answer, err = asker.Ask(ctx, request, c.Budget, listener(ctx, c)); err != nil {
		return Result{}, err
	}
	value, err = structured.Read(answer.Text)
	return Result{Output: value, IsChecked: true}, err
}

// RepairText is what a model is told of an answer that does not fit.
func RepairText(problem string) string {
	return problem + " Answer again: only JSON that fits the schema, nothing before or after it."
}

func loadMessages(ctx context.Context, c *Context, given []contract.Message) ([]model.Message, error) {
	messages := make([]model.Message, len(given))
	for i, message := range given {
		content, err := c.Load(ctx, message.Content)
		if err != nil {
			return nil, err
		}
		if message.Content == nil {
			content = ""
		}
		messages[i] = model.Message{Role: message.Role, Content: content, ToolCalls: message.ToolCalls, ToolCallID: message.ToolCallID}
	}
	return messages, nil
}

// listener puts what a model says onto the stream of the attempt.
func listener(ctx context.Context, c *Context) model.Listener {
	return model.Listener{
		Text:     func(piece string) error { return c.Events.Text(ctx, piece) },
		ToolCall: func(piece model.ToolCallPiece) error { return c.Events.ToolCall(ctx, piece) },
		Usage:    c.Usage.Add,
	}
}
