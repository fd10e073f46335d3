package attempt

import (
	"math"
	"slices"
	"time"

	"treadle.dev/treadle/internal/contract"
)

const (
	// attemptsWhenNamed are those of a type that is retried only because the author's `retry.on` names it.
	attemptsWhenNamed = 3
	// delayMax: whatever the other side asks for.
	delayMax = 24 * time.Hour
)

// decideRetry says whether a node that has failed is tried again, and after how many milliseconds. What retry leaves open comes from
// the table of error types. failures counts those before this one; attempts that died do not count.
func decideRetry(errorType string, retry contract.PlanRetry, failures int, retryAfter time.Duration) (delayMs int64, again bool) {
	defaults := contract.DefaultsOf(errorType)
	wanted := defaults.Retryable
	if retry.On != nil {
		wanted = slices.Contains(retry.On, errorType)
	}
	if !defaults.Catchable || !wanted {
		return 0, false
	}
	attemptsMax := attemptsWhenNamed
	if defaults.Retryable {
		attemptsMax = defaults.MaxAttempts
	}
	if failures+1 >= given(retry.MaxAttempts, attemptsMax) {
		return 0, false
	}
	initial := given(retry.InitialIntervalMs, defaults.InitialIntervalMs)
	most := given(retry.MaxIntervalMs, max(defaults.MaxIntervalMs, initial))
	backoff := math.Min(float64(initial)*math.Pow(given(retry.BackoffCoefficient, defaults.BackoffCoefficient), float64(failures)), float64(most))
	delay := math.Min(math.Max(backoff, float64(retryAfter.Milliseconds())), float64(delayMax.Milliseconds()))
	return int64(math.Round(delay)), true
}

func given[Number int | float64](number *Number, standard Number) Number {
	if number == nil {
		return standard
	}
	return *number
}
