package treadle

import (
	"fmt"

	"treadle.dev/treadle/internal/contract"
)

// Error is a failure with a type: one of schemas/errors.json (then its retries are those of the table), or one of the author's own, that
// a `catch` or `retry.on` of the document names.
type Error = contract.Error

// Errorf makes an Error. The message is shown to people, and may be shown to models.
func Errorf(errorType, format string, args ...any) error {
	return contract.NewError(errorType, fmt.Sprintf(format, args...))
}
