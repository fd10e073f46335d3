package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"treadle.dev/treadle"
)

// SummariseInput is what Summarise is given.
type SummariseInput struct {
	Texts []string `json:"texts"`
}

// Summary is what Summarise gives.
type Summary struct {
	Words int `json:"words"`
	// Seal tells later whether the texts are still the same.
	Seal string `json:"seal"`
}

// counted is what an attempt leaves for the next one.
type counted struct {
	Texts int `json:"texts"`
	Words int `json:"words"`
}

// Summarise counts words and shows how far it is. Where an attempt dies, the next one goes on from what is counted already.
func Summarise(ctx context.Context, in SummariseInput) (Summary, error) {
	salt, err := treadle.Secret(ctx, "SUMMARY_SALT")
	if err != nil {
		return Summary{}, err
	}
	done, _, err := treadle.LoadState[counted](ctx)
	if err != nil {
		return Summary{}, err
	}
	for _, text := range in.Texts[done.Texts:] {
		done = counted{Texts: done.Texts + 1, Words: done.Words + len(strings.Fields(text))}
		if err := treadle.SaveState(ctx, done); err != nil {
			return Summary{}, err
		}
		line := fmt.Sprintf("%d of %d\n", done.Texts, len(in.Texts))
		if err := treadle.EmitText(ctx, line); err != nil {
			return Summary{}, err // The node is cancelled, or its time is over.
		}
		if err := treadle.Progress(ctx, float64(done.Texts)/float64(len(in.Texts)), "counted"); err != nil {
			return Summary{}, err
		}
	}
	seal := hmac.New(sha256.New, []byte(salt))
	seal.Write([]byte(strings.Join(in.Texts, "\x00")))
	return Summary{Words: done.Words, Seal: hex.EncodeToString(seal.Sum(nil))}, nil
}
