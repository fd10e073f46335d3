package model

import (
	"context"
	"fmt"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
	"treadle.dev/treadle/internal/tracing"
)

// Asker calls models, whose text goes onto the stream, and whose usage and price are counted.
type Asker struct {
	Client *Client
	Models Table
	// Tracing is nil where nothing is traced.
	Tracing *tracing.Tracing
}

// Ask makes one call, counted against the budget before it is made. Its answer is complete; the error is of type `refused` where the
// model declined, and `invalid_output` where it was cut off at its limit. Every request to a model goes out here.
func (a *Asker) Ask(ctx context.Context, request Request, budget Budget, listener Listener) (*Answer, error) {
	names := newToolNames(request.Tools)
	body, err := request.body(names)
	if err != nil {
		return nil, err
	}
	text := jsonvalue.Append(nil, body)
	name, bounds := request.Model.Model, a.Models.boundsOf(request, body, len(text))
	settle, err := budget.Reserve(ctx, bounds)
	if err != nil {
		return nil, err
	}
	span := a.startSpan(request, body)
	var used contract.Usage
	receivedBytes := 0
	answer, err := a.Client.stream(ctx, request.Run, request.Model, text, Listener{
		Text: func(piece string) error {
			receivedBytes += len(piece)
			return listener.Text(piece)
		},
		ToolCall: func(piece ToolCallPiece) error {
			receivedBytes += len(piece.ID) + len(piece.Name) + len(piece.Arguments)
			if piece.Name != "" {
				piece.Name = names.fromWire(piece.Name)
			}
			return listener.ToolCall(piece)
		},
		Usage: func(usage contract.Usage) {
			used = usage
			usage.CostUSD = a.Models.costOf(name, usage)
			listener.Usage(usage)
		},
	})
	endSpan(span, used, answer)
	isUnused := err != nil && receivedBytes == 0 && ctx.Err() == nil
	settle(a.Models.spentBy(name, used, bounds, receivedBytes, isUnused))
	if err != nil {
		return nil, err
	}
	if err := answer.refuseUnfinished(request.Model); err != nil {
		return nil, err
	}
	return answer.whole(names), nil
}

func (g *growing) refuseUnfinished(model contract.PlanModel) error {
	switch {
	case g.refusal.Len() > 0:
		return contract.NewError("refused", "The model refused to answer: "+jsonvalue.Join(g.refusal.String()))
	case g.finishReason == "content_filter":
		return contract.NewError("refused", "The provider’s content filter stopped the answer.")
	case g.finishReason == "length":
		limit := ""
		if model.MaxOutputTokens != nil {
			limit = fmt.Sprintf(" of %d", *model.MaxOutputTokens)
		}
		return contract.NewError("invalid_output", fmt.Sprintf(
			"The answer was cut off at its limit%s tokens, after %d characters: raise maxTokens, or ask for less.",
			limit, jsonvalue.Units(g.text.String())))
	default:
		return nil
	}
}
