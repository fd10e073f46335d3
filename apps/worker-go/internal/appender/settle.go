package appender

// settle hands each call of a committed batch its result.
func (b *batch) settle(given *answer) {
	for i, entry := range b.attempts {
		_, cancelRequested := given.run(entry.run)
		result := Result{Accepted: i < len(given.Accepted) && given.Accepted[i], CancelRequested: cancelRequested}
		for _, it := range entry.items {
			it.settle(outcome{result: result})
		}
	}
	for i, entry := range b.claims {
		claim := ClaimResult{Status: "ended"}
		if i < len(given.Claims) && given.Claims[i] != nil {
			claim = *given.Claims[i]
		}
		claim.OutboxApplied, claim.CancelRequested = given.run(entry.run)
		entry.item.settle(outcome{claim: claim})
	}
}

func (a *answer) run(index int) (outboxApplied int, cancelRequested bool) {
	if index >= len(a.Runs) {
		return 0, false
	}
	applied, _ := a.Runs[index][1].(float64)
	cancelRequested, _ = a.Runs[index][2].(bool)
	return int(applied), cancelRequested
}
