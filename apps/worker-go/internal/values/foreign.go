// Package values handles the values of nodes: what comes from outside, what is large, and what has to fit a schema.
package values

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
)

const (
	handleKey = "$blob"
	// depthMax: deeper values are refused, since what comes after (validators, expressions, other languages) walks them by recursion.
	depthMax = 100
)

var errDepth = fmt.Errorf("is nested more than %d levels deep", depthMax)

// ParseForeign reads the JSON of a text that comes from outside; what is the subject of the error's sentence. The error is of type
// `invalid_output`, and names the place rather than the text there, which could be half of a secret.
func ParseForeign(text []byte, what string) (jsonvalue.Value, error) {
	value, err := jsonvalue.Parse(text)
	var depth *jsonvalue.DepthError
	if errors.As(err, &depth) {
		err = errDepth
	}
	if err != nil {
		return nil, contract.NewError("invalid_output", what+" "+err.Error())
	}
	if longNumber.Match(text) {
		if err := refuseRoundedIntegers(text, what); err != nil {
			return nil, err
		}
	}
	return value, nil
}

var (
	longNumber = regexp.MustCompile(`[0-9]{16}`)
	tokens     = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?`)
	integer    = regexp.MustCompile(`^-?[0-9]+$`)
)

// safeIntegerMax is the largest integer that a double holds with all its neighbours.
const safeIntegerMax = 1<<53 - 1

// refuseRoundedIntegers: a number beyond 2^53 - 1 would be rounded in silence; an id that has changed is worse than an error.
func refuseRoundedIntegers(text []byte, what string) error {
	for _, token := range tokens.FindAll(text, -1) {
		if !integer.Match(token) {
			continue
		}
		if number, _ := strconv.ParseFloat(string(token), 64); math.Abs(number) > safeIntegerMax {
			return contract.NewError("invalid_output", fmt.Sprintf(
				"%s has the integer %s, beyond 2^53 - 1: send it as a string, or it would be rounded", what, token))
		}
	}
	return nil
}

// CheckForeign refuses what may not come from outside: a key `$blob`, which would pass for a handle of ours, and a value too deep to
// walk. The error is of type `invalid_output`.
func CheckForeign(value jsonvalue.Value, what string) error {
	if err := findProblem(value, "", 0); err != nil {
		return contract.NewError("invalid_output", what+" "+err.Error())
	}
	return nil
}

func findProblem(value jsonvalue.Value, pointer string, depth int) error {
	switch v := value.(type) {
	case []jsonvalue.Value:
		if depth == depthMax {
			return errDepth
		}
		for i, item := range v {
			if err := findProblem(item, pointer+"/"+strconv.Itoa(i), depth+1); err != nil {
				return err
			}
		}
	case *jsonvalue.Object:
		if depth == depthMax {
			return errDepth
		}
		if _, forged := v.Get(handleKey); forged {
			at := ""
			if pointer != "" {
				at = " at " + pointer
			}
			return errors.New(`has the key "$blob"` + at + ", which is reserved for stored values")
		}
		for _, member := range v.Members {
			if err := findProblem(member.Value, pointer+"/"+pointerPart.Replace(member.Key), depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

var pointerPart = strings.NewReplacer("~", "~0", "/", "~1")

// StorableValue gives the value with what Postgres cannot store replaced in every string; see jsonvalue.Storable.
func StorableValue(value jsonvalue.Value) jsonvalue.Value {
	if isStorable(value) {
		return value
	}
	return jsonvalue.MapStrings(value, jsonvalue.Storable)
}

func isStorable(value jsonvalue.Value) bool {
	switch v := value.(type) {
	case string:
		return jsonvalue.IsStorable(v)
	case []jsonvalue.Value:
		for _, item := range v {
			if !isStorable(item) {
				return false
			}
		}
	case *jsonvalue.Object:
		for _, member := range v.Members {
			if !jsonvalue.IsStorable(member.Key) || !isStorable(member.Value) {
				return false
			}
		}
	}
	return true
}
