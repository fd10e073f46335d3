package attempt

import (
	"context"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
	"treadle.dev/treadle/internal/values"
)

// finishOutput makes of what a tool or a model gave the output that is stored: what keep makes of it, where it fits the node's
// outputSchema. The error is of type `invalid_output`, or says that it could not be stored.
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
	return e.keep(ctx, task.Run, output, contract.InlineBytesMax)
}

// keep gives JSON without forged handles and secrets, which is a handle where it is above bytesMax.
func (e *Executor) keep(ctx context.Context, run contract.RunRef, value jsonvalue.Value, bytesMax int) (jsonvalue.Value, error) {
	if err := values.CheckForeign(value, "The result"); err != nil {
		return nil, err
	}
	return e.Values.Keep(ctx, run, values.StorableValue(e.Redactor.JSON(value)), bytesMax)
}
