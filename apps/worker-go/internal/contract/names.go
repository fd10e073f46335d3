package contract

import "time"

const (
	// Runtime is the language of this worker.
	Runtime = "go"
	// TaskQueue is where the workflow puts what this worker executes.
	TaskQueue = "treadle-" + Runtime
	// ExecuteNode is the activity on it: NodeTask in, NodeResult out.
	ExecuteNode = "executeNode"

	// InlineBytesMax is the size above which a value is a handle in the workflow. Bytes of its JSON.
	InlineBytesMax = 16 * 1024
	// LoadableBytesMax is the size above which a stored value is only passed on. Bytes of its JSON.
	LoadableBytesMax = 4 * 1024 * 1024

	// AttemptGrace is what an attempt gets on top of its node's timeout, to write how it ended: the interpreter adds it to Temporal's
	// start-to-close timeout, and a worker without a timeout of its own takes it off.
	AttemptGrace = 15 * time.Second
)
