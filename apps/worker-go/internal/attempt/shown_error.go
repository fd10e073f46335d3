package attempt

import (
	"encoding/json"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
	"treadle.dev/treadle/internal/secrets"
)

const (
	messageLengthMax = 2000
	// detailsBytesMax: errors stand in Temporal's history, which cuts failures at 4 KiB.
	detailsBytesMax = 2048
)

// shownError makes of an error what events and histories may show: without secrets, storable, and small, whatever the other side wrote
// into it. What is not ours is `internal`, and its text stays out of it. Secrets go first: half of one would not be known again.
func shownError(err error, path string, redactor *secrets.Redactor) contract.ErrorInfo {
	known := contract.AsError(err)
	if known == nil {
		return contract.ErrorInfo{Type: "internal", Message: "An unexpected error; the worker’s log has it.", Node: path}
	}
	clean := func(text string) string { return jsonvalue.Storable(redactor.Text(text)) }
	message := clean(known.Message)
	if short := jsonvalue.Cut(message, messageLengthMax); short != message {
		message = short + "…"
	}
	return contract.ErrorInfo{Type: known.Type, Message: message, Node: path, Details: shownDetails(known.Details, clean)}
}

func shownDetails(details any, clean func(string) string) json.RawMessage {
	if details == nil {
		return nil
	}
	value, err := jsonvalue.Of(details)
	if err != nil {
		return json.RawMessage(`{"omitted":"The details were no JSON."}`)
	}
	text := jsonvalue.Append(nil, jsonvalue.MapStrings(value, clean))
	if len(text) > detailsBytesMax {
		return json.RawMessage(`{"omitted":"The details were too large."}`)
	}
	return text
}
