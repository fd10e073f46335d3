package attempt

import (
	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
)

// Status is how an attempt came out, in the log and so for whoever hosts it.
type Status int

const (
	// Completed: Output and Usage are given.
	Completed Status = iota
	// Retrying: the next attempt may begin after DelayMs. Error and Attempt are given.
	Retrying
	// Failed for good. Error is given, and Attempt where this attempt wrote the end.
	Failed
	// WasCancelled: node.cancelled is in the log.
	WasCancelled
	// Ended: the run has its last event already.
	Ended
	// Died: the attempt is over without a word in the log, for the reason in Why. Who comes next writes that it died.
	Died
)

// String is how traces name it.
func (s Status) String() string {
	return [...]string{"completed", "retrying", "failed", "cancelled", "ended", "died"}[s]
}

// Outcome says how an attempt came out.
type Outcome struct {
	Status        Status
	OutboxApplied int
	Output        jsonvalue.Value
	Usage         *contract.Usage
	Error         contract.ErrorInfo
	Attempt       *int
	DelayMs       int64
	Why           string
}
