package model

import (
	"context"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
)

// Bounds are what a request may take at most: its size and the longest answer, in tokens and in US dollars. Nil where nobody knows.
type Bounds struct {
	RequestTokens         int64
	AnswerTokens          *int64
	RequestUSD, AnswerUSD *float64
}

// Spent is what a request took.
type Spent struct {
	Tokens int64
	USD    *float64
}

// Budget is what calls of models count against.
type Budget interface {
	// Reserve holds what the next request may take, and gives how it is settled: once, however the request ends. With an error, of type
	// `budget_exceeded` where a limit of the run would be passed, the request is not to be made.
	Reserve(ctx context.Context, bounds Bounds) (settle func(Spent), err error)
}

// NoBudget is that of a run without limits: nothing is asked, and nothing is told.
type NoBudget struct{}

// Reserve never refuses.
func (NoBudget) Reserve(context.Context, Bounds) (func(Spent), error) { return func(Spent) {}, nil }

func (t Table) boundsOf(request Request, body *jsonvalue.Object, bytes int) Bounds {
	name := request.Model.Model
	bounds := Bounds{RequestTokens: tokensOf(bytes)}
	bounds.RequestUSD = t.costOf(name, contract.Usage{InputTokens: toInt(bounds.RequestTokens)})
	longest := t[name].MaxOutputTokens
	for _, key := range []string{"max_tokens", "max_completion_tokens"} {
		if number, isNumber := numberOf(get(body, key)); isNumber {
			longest = &number
		}
	}
	if longest == nil {
		return bounds
	}
	answers, isNumber := numberOf(get(body, "n"))
	if !isNumber {
		answers = 1
	}
	most := int64(*longest * answers)
	bounds.AnswerTokens = &most
	bounds.AnswerUSD = t.costOf(name, contract.Usage{OutputTokens: toInt(most)})
	return bounds
}

// spentBy is what a request took: as the model reported it, or, where an answer broke off before that, by its size.
func (t Table) spentBy(name string, usage contract.Usage, bounds Bounds, receivedBytes int, isUnused bool) Spent {
	if usage.InputTokens != nil || usage.OutputTokens != nil {
		return Spent{Tokens: int64(count(usage.InputTokens) + count(usage.OutputTokens)), USD: t.costOf(name, usage)}
	}
	if isUnused {
		return Spent{}
	}
	received := tokensOf(receivedBytes)
	estimate := contract.Usage{InputTokens: toInt(bounds.RequestTokens), OutputTokens: toInt(received)}
	return Spent{Tokens: bounds.RequestTokens + received, USD: t.costOf(name, estimate)}
}

// tokensOf is more than any text takes, whatever its language.
func tokensOf(bytes int) int64 { return int64(bytes+1) / 2 }

func toInt(tokens int64) *int {
	number := int(tokens)
	return &number
}

func numberOf(value jsonvalue.Value) (float64, bool) {
	switch number := value.(type) {
	case float64:
		return number, true
	case int:
		return float64(number), true
	default:
		return 0, false
	}
}
