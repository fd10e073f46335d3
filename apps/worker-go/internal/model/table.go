// Package model calls models over the protocol of chat completions, as OpenAI has it: streamed, and never retried by itself.
package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/settings"
)

// Facts are what is known of a model beside its name. Prices in US dollars for a million tokens.
type Facts struct {
	MaxOutputTokens *float64 `json:"maxOutputTokens"`
	InputPrice      *float64 `json:"inputPrice"`
	// CachedInputPrice is that of input which the provider had cached. Default: InputPrice.
	CachedInputPrice *float64 `json:"cachedInputPrice"`
	OutputPrice      *float64 `json:"outputPrice"`
}

// Table has facts by the provider's name of the model.
type Table map[string]Facts

// ParseTable reads the table from JSON, or from a file that holds it. The error completes "TREADLE_MODELS …".
func ParseTable(text string) (Table, error) {
	text, err := settings.JSONOrFile(text, "a file that can be read")
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	var table Table
	if err := decoder.Decode(&table); err != nil || table == nil {
		return nil, errors.New("has to be an object: model name → { maxOutputTokens, inputPrice, outputPrice }")
	}
	for name, facts := range table {
		for _, number := range []*float64{facts.MaxOutputTokens, facts.InputPrice, facts.CachedInputPrice, facts.OutputPrice} {
			if number != nil && *number < 0 {
				return nil, fmt.Errorf("has a negative number for %q", name)
			}
		}
	}
	return table, nil
}

// costOf gives the US dollars of a usage; nil where the model has no price.
func (t Table) costOf(name string, usage contract.Usage) *float64 {
	facts := t[name]
	if facts.InputPrice == nil || facts.OutputPrice == nil {
		return nil
	}
	cachedPrice := facts.CachedInputPrice
	if cachedPrice == nil {
		cachedPrice = facts.InputPrice
	}
	cached := count(usage.CachedInputTokens)
	dollars := (count(usage.InputTokens)-cached)**facts.InputPrice + cached**cachedPrice + count(usage.OutputTokens)**facts.OutputPrice
	// To a hundred-millionth of a dollar: sums stay free of the noise of binary fractions.
	rounded := math.Round(dollars*100) / 1e8
	return &rounded
}

func count(tokens *int) float64 {
	if tokens == nil {
		return 0
	}
	return float64(*tokens)
}
