package attempt

import (
	"context"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
	"treadle.dev/treadle/internal/values"
)

// finishOutput makes of what a tool or a model gave the output that is stored: JSON without forged handles and secrets, that fits the
// node's outputSchema, and is a handle where it is large. The error is of type `invalid_output`, or says that it could not be stored.
func (e *Executor) finishOutput(ctx context.Context, task *contract.NodeTask, output jsonvalue.Value, isChecked bool) (jsonvalue.Value, error) {
	if err := values.CheckForeign(output, "The result"); err != nil {
		return nil, err
	}
	if task.OutputSchema != nil && !isChecked {
		problem, err := e.Schemas.ProblemOf(task.OutputSchema, output, false)
		if err != nil {
			return nil, err
		}
		if problem != "" {
			return nil, contract.NewError("invalid_output", "The result does not fit its schema: "+problem+".")
		}
	}
	return e.Values.Keep(ctx, task.Run, values.StorableValue(e.Redactor.JSON(output)))
}
