package appender

import (
	"testing"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
)

var run = contract.RunRef{ID: "run_1", Tenant: "default"}

func text(ordinal int, piece string, offset int) Event {
	return Event{Ordinal: ordinal, Type: delta, Text: piece, Offset: offset}
}

func attemptItem(path string, attempt int, events ...Event) *item {
	return &item{run: run, path: path, attempt: attempt, events: events, bytes: sizeOf(events, nil)}
}

func TestTextThatFollowsOnIsOneEventUnderTheLastOrdinal(t *testing.T) {
	b := newBatch()
	for _, it := range []*item{
		attemptItem("n", 1, text(1, "Grü", 0)), attemptItem("n", 1, text(2, "ße", 3)),
		attemptItem("n", 1, Event{Ordinal: 3, Type: "log", Data: "{}"}), attemptItem("n", 1, text(4, "!", 5)), attemptItem("n", 1, text(5, "?", 9)),
	} {
		if !b.add(it) {
			t.Fatal("it does not fit")
		}
	}
	var shown []string
	for _, event := range b.attempts[0].events {
		shown = append(shown, event.data())
	}
	expected := []string{`{"text":"Grüße","offset":0}`, `{}`, `{"text":"!","offset":5}`, `{"text":"?","offset":9}`}
	if len(shown) != len(expected) {
		t.Fatalf("%v", shown)
	}
	for i := range expected {
		if shown[i] != expected[i] {
			t.Errorf("%s, not %s", shown[i], expected[i])
		}
	}
	if b.attempts[0].events[0].Ordinal != 2 {
		t.Error("the joined event has the last ordinal of its range")
	}
}

func TestWhatDoesNotFitABatchWaitsAndSoDoesAllForItsPathAfterIt(t *testing.T) {
	b := newBatch()
	ended := &item{run: run, path: "n", attempt: 1, end: &End{Type: "node.cancelled", Ordinal: 1}}
	claim := func(path string) *item { return &item{run: run, path: path, claim: &Claim{Run: run, Path: path}} }
	steps := []struct {
		what string
		it   *item
		fits bool
	}{
		{"an end", ended, true},
		{"events after the end", attemptItem("n", 1, text(2, "x", 0)), false},
		{"a claim of the same path, after what waits", claim("n"), false},
		{"another path", claim("m"), true},
		{"a second claim of it", claim("m"), false},
		{"an attempt of a third", attemptItem("o", 1, text(1, "x", 0)), true},
		{"a newer attempt of it", attemptItem("o", 2, text(1, "x", 0)), false},
	}
	for _, step := range steps {
		if b.add(step.it) != step.fits {
			t.Errorf("%s fits: %v", step.what, !step.fits)
		}
	}
}

func TestOutboxesThatOverlapCountOnce(t *testing.T) {
	b := newBatch()
	event := func(n int) contract.OutboxEvent {
		return contract.OutboxEvent{N: n, Type: "run.started", Data: []byte("{}")}
	}
	b.add(&item{run: run, path: "a", claim: &Claim{Outbox: []contract.OutboxEvent{event(1), event(2)}}})
	b.add(&item{run: run, path: "b", claim: &Claim{Outbox: []contract.OutboxEvent{event(1), event(2), event(3)}}})
	if len(b.runs) != 1 || len(b.runs[0].outbox) != 3 {
		t.Errorf("%d runs, %d events", len(b.runs), len(b.runs[0].outbox))
	}
}

func TestOneBadCallDoesNotTravelWithTheOthers(t *testing.T) {
	bad := map[string]error{
		"no path":          check("", nil, nil),
		"NUL in a path":    check("a\x00", nil, nil),
		"ordinal 0":        check("a", []Event{{Type: "log"}}, nil),
		"ordinals go back": check("a", []Event{{Ordinal: 2, Type: "log"}, {Ordinal: 2, Type: "log"}}, nil),
		"no such type":     check("a", []Event{{Ordinal: 1, Type: "Node Completed"}}, nil),
		"an end too early": check("a", []Event{{Ordinal: 2, Type: "log"}}, &End{Ordinal: 1, Type: "node.cancelled"}),
	}
	for what, err := range bad {
		if err == nil {
			t.Errorf("%s is taken", what)
		}
	}
}

func TestAnEndSaysWhatItDoesToItsRow(t *testing.T) {
	handle := jsonvalue.NewObject("$blob", jsonvalue.NewObject("sha256", "x", "size", 5.0))
	one := 1
	cases := map[string]*End{
		`{"output":null,"checkpoint":true}`:                                          {Type: "node.completed"},
		`{"ref":{"sha256":"x","size":5},"usage":{"llmCalls":1},"checkpoint":true}`:   {Type: "node.completed", Output: handle, Usage: &contract.Usage{LLMCalls: &one}},
		`{"output":"x","cached":true,"checkpoint":true}`:                             {Type: "node.completed", Output: "x", Cached: true},
		`{"error":{"type":"t","message":"<m>"},"delayMs":5}`:                         {Type: "node.retrying", Error: contract.ErrorInfo{Type: "t", Message: "<m>"}, DelayMs: 5},
		`{"error":{"type":"t","message":"m","details":{"b":1,"a":2}},"caught":true}`: {Type: "node.failed", Error: contract.ErrorInfo{Type: "t", Message: "m", Details: []byte(`{"b":1,"a":2}`)}, Caught: true},
		`{}`: {Type: "node.cancelled"},
	}
	for expected, end := range cases {
		if got := endEffects(end).data; got != expected {
			t.Errorf("%s, not %s", got, expected)
		}
	}
}
