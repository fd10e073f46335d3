package appender

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"treadle.dev/treadle/internal/contract"
)

// item is one call that waits for its batch: a claim, or events of an attempt.
type item struct {
	run  contract.RunRef
	path string
	// bytes is roughly what it takes on the wire.
	bytes int
	// settle is called once, from the appender's goroutine: it must not block.
	settle func(outcome)

	claim *Claim
	// id makes a claim that is sent again the same claim.
	id uuid.UUID

	attempt int
	events  []Event
	end     *End
}

// outcome is what became of a call: err, or one of the others.
type outcome struct {
	err    error
	claim  ClaimResult
	result Result
}

// eventBytes is about the size of an envelope without its data.
const eventBytes = 150

func sizeOf(events []Event, end *End) int {
	bytes := 0
	for _, event := range events {
		bytes += eventBytes + len(event.Data) + len(event.Text)
	}
	if end != nil {
		bytes += eventBytes
	}
	return bytes
}

func sizeOfOutbox(outbox []contract.OutboxEvent) int {
	bytes := eventBytes
	for _, event := range outbox {
		bytes += eventBytes + len(event.Data)
	}
	return bytes
}

var eventType = regexp.MustCompile(`^[a-z]+\.[A-Za-z0-9_.-]+$|^log$`)

// check: one bad call must not spoil the batch that it travels in.
func check(path string, events []Event, end *End) error {
	if path == "" || strings.ContainsRune(path, 0) {
		return fmt.Errorf("a node's path is text without NUL, not %q", path)
	}
	last := 0
	next := func(ordinal int, name string) error {
		if ordinal <= last {
			return fmt.Errorf("ordinals of an attempt count up from 1: %d came after %d", ordinal, last)
		}
		if !eventType.MatchString(name) {
			return fmt.Errorf("no event has the type %q", name)
		}
		last = ordinal
		return nil
	}
	for _, event := range events {
		if err := next(event.Ordinal, event.Type); err != nil {
			return err
		}
	}
	if end != nil {
		return next(end.Ordinal, end.Type)
	}
	return nil
}
