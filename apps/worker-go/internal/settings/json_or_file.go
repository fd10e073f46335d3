// Package settings reads what several parts of the configuration are given alike.
package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// JSONOrFile gives the text itself where it begins as an object of JSON, and else what the file of that name holds. The error names the
// cause and no path, and completes the name of a variable; what says what such a file would be.
func JSONOrFile(text, what string) (string, error) {
	if strings.HasPrefix(text, "{") {
		return text, nil
	}
	content, err := os.ReadFile(text)
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return "", fmt.Errorf("is neither JSON nor %s (%w)", what, err)
	}
	return string(content), nil
}
