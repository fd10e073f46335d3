package main

import (
	"context"
	"errors"
	"testing"

	"treadle.dev/treadle"
)

func TestTheFirstOfTheBestIsTaken(t *testing.T) {
	items := []Scored{{"a", 0.2}, {"b", 0.9}, {"c", 0.9}}
	ranked, err := Rank(context.Background(), RankInput{Items: items})
	if err != nil || ranked.Best.Text != "b" {
		t.Errorf("%v, %v", ranked, err)
	}
}

func TestNothingToRankIsAnErrorThatADocumentCanCatch(t *testing.T) {
	_, err := Rank(context.Background(), RankInput{})
	var known *treadle.Error
	if !errors.As(err, &known) || known.Type != "nothing_to_rank" {
		t.Error(err)
	}
}
