package appender

import (
	"encoding/json"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
)

// Key names an attempt, and so fences: it changes nothing once a newer attempt has claimed its path, or the run has ended.
type Key struct {
	Run     contract.RunRef
	Path    string
	Attempt int
}

// Event is one of an attempt. Ordinal counts up within the attempt (gaps are allowed); stored ordinals are dropped. Data is JSON that
// Postgres can store; where Text is set, it is made from that and Offset: text that neighbours can be joined to.
type Event struct {
	Ordinal int
	Type    string
	Data    string
	Text    string
	Offset  int
}

// End is the event that ends an attempt. `node.retrying` leaves the node open for the next claim; the others close it.
type End struct {
	Ordinal int
	// Type is one of node.completed, node.retrying, node.failed, node.cancelled.
	Type  string
	Usage *contract.Usage

	// Output, Cached and CheckpointName are those of node.completed. Output may be, or hold, handles.
	Output         jsonvalue.Value
	Cached         bool
	CheckpointName string

	// Error is that of node.retrying, with DelayMs, and of node.failed, with Caught.
	Error   contract.ErrorInfo
	DelayMs int64
	Caught  bool
}

// Claim asks for an attempt of a path.
type Claim struct {
	Run  contract.RunRef
	Path string
	Kind string
	// Outbox has events of the workflow that are not known to be applied; they are written before `node.started`.
	Outbox []contract.OutboxEvent
}

// ClaimResult is the answer to a Claim.
type ClaimResult struct {
	// Status is claimed; done: its checkpoint is there, execute nothing; failed or cancelled: so it ended earlier, and nobody heard of
	// it; refused: it would pass a limit of the run; ended: the run has its last event.
	Status        string `json:"status"`
	OutboxApplied int    `json:"-"`

	// Attempt, Failures (attempts that ended by node.retrying) and Deaths (those that ended without a word) are those of `claimed`.
	Attempt         int  `json:"attempt"`
	Failures        int  `json:"failures"`
	Deaths          int  `json:"deaths"`
	CancelRequested bool `json:"-"`
	// Limited: its calls of models are counted against the run's budget.
	Limited bool `json:"limited"`

	// Output and Usage are those of `done`.
	Output json.RawMessage `json:"output"`
	Usage  *contract.Usage `json:"usage"`

	// Error is that of `failed` and of `refused`.
	Error contract.ErrorInfo `json:"error"`
}

// Result is the answer to events.
type Result struct {
	// Accepted is false where a newer attempt fences, the node is closed, or the run has ended. Nothing of the call is in the log then.
	Accepted        bool
	CancelRequested bool
}
