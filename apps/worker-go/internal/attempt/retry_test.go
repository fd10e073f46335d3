package attempt

import (
	"testing"
	"time"

	"treadle.dev/treadle/internal/contract"
)

const noMore = -1

func p[T any](value T) *T { return &value }

func TestWhetherAndWhenANodeIsTriedAgain(t *testing.T) {
	type retry = contract.PlanRetry
	cases := []struct {
		name       string
		errorType  string
		retry      retry
		retryAfter time.Duration
		// delays after each failure in turn
		delays []int64
	}{
		{"a type of the table is tried as often as the table says", "rate_limited", retry{}, 0, []int64{1000, 2000, 4000, 8000, noMore}},
		{"the interval grows no further than its maximum", "unavailable", retry{MaxAttempts: p(9)}, 0,
			[]int64{500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, noMore}},
		{"what the author gives replaces the table, field by field", "timeout", retry{InitialIntervalMs: p(100), BackoffCoefficient: p(3.0)}, 0,
			[]int64{100, 300, noMore}},
		{"a first interval above the table’s maximum stands", "internal", retry{InitialIntervalMs: p(60_000)}, 0, []int64{60_000, 60_000, noMore}},
		{"a type that the table does not retry fails at once", "invalid_output", retry{}, 0, []int64{noMore}},
		{"maxAttempts alone does not make a type retryable", "tool_error", retry{MaxAttempts: p(5)}, 0, []int64{noMore}},
		{"a type that `on` names is retried, three attempts where nothing else is said", "tool_error", retry{On: []string{"tool_error"}}, 0,
			[]int64{500, 1000, noMore}},
		{"a type that `on` leaves out is not retried", "timeout", retry{On: []string{"rate_limited"}}, 0, []int64{noMore}},
		{"the author’s own types are not retried by themselves", "out_of_stock", retry{}, 0, []int64{noMore}},
		{"the author’s own types are retried where `on` names them", "out_of_stock", retry{On: []string{"out_of_stock"}, MaxAttempts: p(2)}, 0,
			[]int64{500, noMore}},
		{"cancelled is final, whatever `on` says", "cancelled", retry{On: []string{"cancelled"}, MaxAttempts: p(9)}, 0, []int64{noMore}},
		{"budget_exceeded is final, whatever `on` says", "budget_exceeded", retry{On: []string{"budget_exceeded"}}, 0, []int64{noMore}},
		{"Retry-After lengthens the delay", "rate_limited", retry{}, 7 * time.Second, []int64{7000, 7000}},
		{"Retry-After never shortens it", "rate_limited", retry{}, 10 * time.Millisecond, []int64{1000}},
		{"nobody is waited for longer than a day", "overloaded", retry{}, 1e9 * time.Second, []int64{86_400_000}},
	}
	for _, c := range cases {
		for failures, expected := range c.delays {
			delay, again := decideRetry(c.errorType, c.retry, failures, c.retryAfter)
			if !again {
				delay = noMore
			}
			if delay != expected {
				t.Errorf("%s: %d after %d failures, not %d", c.name, delay, failures, expected)
			}
		}
	}
}
