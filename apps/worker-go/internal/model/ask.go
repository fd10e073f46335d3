package model

import (
	"context"
	"fmt"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
)

// Asker calls models, whose text goes onto the stream, and whose usage and price are counted.
type Asker struct {
	Client *Client
	Models Table
}

// Ask makes one call. Its answer is complete; the error is of type `refused` where the model declined, and `invalid_output` where it
// was cut off at its limit.
func (a *Asker) Ask(ctx context.Context, request Request, listener Listener) (*Answer, error) {
	priced := listener
	priced.Usage = func(usage contract.Usage) {
		usage.CostUSD = a.Models.costOf(request.Model.Model, usage)
		listener.Usage(usage)
	}
	answer, err := a.Client.stream(ctx, request, priced)
	if err != nil {
		return nil, err
	}
	if err := answer.refuseUnfinished(request.Model); err != nil {
		return nil, err
	}
	return answer.whole(), nil
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
