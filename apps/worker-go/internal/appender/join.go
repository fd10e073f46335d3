package appender

import (
	"strconv"
	"unicode/utf8"

	"treadle.dev/treadle/internal/jsonvalue"
)

const (
	delta           = "node.delta"
	joinedLengthMax = 8_192
)

// join adds an event to those of its attempt, and joins it to the last one where both are text that follows on: what a model sent in
// forty pieces while a batch was on its way is one event. The joined event takes the last ordinal of its range: batches are stored
// whole and sent again unchanged, so either all of its ordinals are stored or none.
func join(events []Event, event Event) []Event {
	if n := len(events); n > 0 && follows(events[n-1], event) {
		last := events[n-1]
		events[n-1] = Event{Ordinal: event.Ordinal, Type: delta, Text: last.Text + event.Text, Offset: last.Offset}
		return events
	}
	return append(events, event)
}

func follows(before, after Event) bool {
	return before.Text != "" && after.Text != "" &&
		after.Offset == before.Offset+utf8.RuneCountInString(before.Text) &&
		jsonvalue.Units(before.Text)+jsonvalue.Units(after.Text) <= joinedLengthMax
}

// data gives the event's JSON.
func (e Event) data() string {
	if e.Text == "" {
		return e.Data
	}
	text := append(make([]byte, 0, len(e.Text)+40), `{"text":`...)
	text = append(jsonvalue.AppendString(text, e.Text), `,"offset":`...)
	return string(append(strconv.AppendInt(text, int64(e.Offset), 10), '}'))
}
