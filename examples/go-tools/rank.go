package main

import (
	"context"

	"treadle.dev/treadle"
)

// Scored is a text with its score.
type Scored struct {
	Text  string  `json:"text"`
	Score float64 `json:"score" jsonschema:"from 0, the worst, to 1"`
}

// RankInput is what Rank is given.
type RankInput struct {
	Items []Scored `json:"items"`
}

// Ranked is what Rank gives.
type Ranked struct {
	Best Scored `json:"best"`
}

// Rank finds the item with the best score, the first one of several.
func Rank(_ context.Context, in RankInput) (Ranked, error) {
	if len(in.Items) == 0 {
		// A type of our own: a document may catch it.
		return Ranked{}, treadle.Errorf("nothing_to_rank", "There is no item to rank.")
	}
	best := in.Items[0]
	for _, item := range in.Items[1:] {
		if item.Score > best.Score {
			best = item
		}
	}
	return Ranked{Best: best}, nil
}
