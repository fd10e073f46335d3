package appender

import (
	"encoding/json"
	"errors"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/encryption"
)

// settle hands each call of a committed batch its result.
func (b *batch) settle(given *answer, sealer *encryption.Sealer) {
	for i, entry := range b.attempts {
		_, cancelRequested := given.run(entry.run)
		result := Result{Accepted: i < len(given.Accepted) && given.Accepted[i], CancelRequested: cancelRequested}
		for _, it := range entry.items {
			it.settle(outcome{result: result})
		}
	}
	for i, entry := range b.claims {
		claim, err := ClaimResult{Status: "ended"}, error(nil)
		if i < len(given.Claims) && given.Claims[i] != nil {
			claim, err = given.Claims[i].opened(sealer, encryption.PlaceOf(entry.item.run, entry.item.path))
		}
		claim.OutboxApplied, claim.CancelRequested = given.run(entry.run)
		entry.item.settle(outcome{claim: claim, err: err})
	}
}

// opened gives the claim without what is sealed. Where that was changed the node has failed, for everybody; where only the key is missing,
// whoever has it may take the node.
func (c *claimAnswer) opened(sealer *encryption.Sealer, place encryption.Place) (ClaimResult, error) {
	claim := c.ClaimResult
	err := func() (err error) {
		if claim.Output != nil {
			if claim.Output, err = sealer.OpenText(place, claim.Output); err != nil {
				return err
			}
		}
		if c.Error == nil {
			return nil
		}
		text, err := sealer.OpenText(place, c.Error)
		if err != nil {
			return err
		}
		return json.Unmarshal(text, &claim.Error)
	}()
	if err == nil || errors.Is(err, encryption.ErrNoKey) {
		return claim, err
	}
	return ClaimResult{Status: "failed", Error: contract.ErrorInfo{Type: "internal", Message: err.Error(), Node: place.Path}}, nil
}

func (a *answer) run(index int) (outboxApplied int, cancelRequested bool) {
	if index >= len(a.Runs) {
		return 0, false
	}
	applied, _ := a.Runs[index][1].(float64)
	cancelRequested, _ = a.Runs[index][2].(bool)
	return int(applied), cancelRequested
}
