package model

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/secrets"
)

// ask has a server answer with a body, and gives what came of it: the answer, what was told on the way, and the error's type.
func ask(t *testing.T, status int, body string, tools ...Tool) (*Answer, string, *contract.Error) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	defer server.Close()
	client := NewClient("", server.URL+"/v1/", secrets.New(secrets.Options{}, secrets.NewRedactor()))
	defer client.Close()
	var told strings.Builder
	asker := &Asker{Client: client}
	answer, err := asker.Ask(context.Background(), Request{Model: contract.PlanModel{Model: "m"}, Tools: tools}, NoBudget{}, Listener{
		Text: func(piece string) error {
			told.WriteString("[" + piece + "]")
			return nil
		},
		ToolCall: func(piece ToolCallPiece) error {
			fmt.Fprintf(&told, "<%d %s %s %s>", piece.Index, piece.ID, piece.Name, piece.Arguments)
			return nil
		},
		Usage: func(contract.Usage) { told.WriteString("$") },
	})
	if err != nil && contract.AsError(err) == nil {
		t.Fatal(err)
	}
	return answer, told.String(), contract.AsError(err)
}

// chunks are deltas as JSON, each an event of its own.
func chunks(deltas ...string) string {
	var body strings.Builder
	for _, delta := range deltas {
		body.WriteString(`data: {"choices":[{"delta":` + delta + "}]}\n\n")
	}
	return body.String()
}

const end = `data: {"choices":[{"delta":{},"finish_reason":"stop"}]}` + "\n\ndata: [DONE]\n\n"

func TestAnAnswerIsToldInPiecesAndGivenWhole(t *testing.T) {
	answer, told, err := ask(t, 200, ": hello\r\nevent: x\r\n"+chunks(`{"content":"Grü"}`, `{"content":"\ud83d"}`, `{"content":"\ude00"}`)+end)
	if err != nil || answer.Text != "Grü😀" || told != "[Grü][\xed\xa0\xbd][\xed\xb8\x80]$" {
		t.Errorf("%+v, %q, %v", answer, told, err)
	}
}

func TestNamesOfToolsAreReadBack(t *testing.T) {
	call := `{"tool_calls":[{"index":0,"id":"c","function":{"name":"docs__search","arguments":"{\"q\""}}]}`
	answer, told, err := ask(t, 200, chunks(call, `{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]}`)+end, Tool{Name: "docs.search"})
	if err != nil || len(answer.ToolCalls) != 1 || answer.ToolCalls[0] != (contract.ToolCall{ID: "c", Name: "docs.search", Arguments: `{"q":1}`}) {
		t.Errorf("%+v, %v", answer, err)
	}
	if told != `<0 c docs.search {"q"><0   :1}>$` {
		t.Error(told)
	}
}

func TestWhatIsNoAnswerHasItsTypeAndIsCountedAllTheSame(t *testing.T) {
	cases := []struct {
		status                   int
		body, errorType, message string
	}{
		{200, chunks(`{"content":"x"}`), "unavailable", "The model’s stream ended before its answer was complete."},
		{200, "data: {\n\n", "unavailable", "The model server sent a chunk that is not JSON."},
		{200, `data: {"error":{"message":"slow down","type":"rate_limit"}}` + "\n\n", "rate_limited", "answered with an error: slow down"},
		{200, chunks(`{"refusal":"no"}`) + end, "refused", "no"},
		{200, `data: {"choices":[{"delta":{"content":"x"},"finish_reason":"length"}]}` + "\n\n", "invalid_output", "after 1 characters"},
		{500, `{"error":{"message":"oops"}}`, "unavailable", "500 oops"},
		{404, ``, "invalid_request", "404 status code (no body)"},
		{302, ``, "invalid_request", "302"},
	}
	for _, c := range cases {
		_, told, err := ask(t, c.status, c.body)
		if err == nil || err.Type != c.errorType || !strings.Contains(err.Message, c.message) || !strings.HasSuffix(told, "$") {
			t.Errorf("%d %q: %v, %q", c.status, c.body, err, told)
		}
	}
}

func TestANameThatTheProtocolDoesNotTakeBecomesOneThatItDoes(t *testing.T) {
	names := newToolNames([]Tool{{Name: "docs.search"}, {Name: "docs__search"}, {Name: strings.Repeat("long.", 30)}, {Name: "plain"}})
	seen := map[string]bool{}
	for _, name := range []string{"docs.search", "docs__search", strings.Repeat("long.", 30), "plain"} {
		wire := names.toWire(name)
		if !wireName.MatchString(wire) || seen[wire] || names.fromWire(wire) != name {
			t.Errorf("%s is offered as %s, and read back as %s", name, wire, names.fromWire(wire))
		}
		seen[wire] = true
	}
	if names.fromWire("docs.other") != "docs__other" {
		t.Error("what was not offered is no name of a tool")
	}
}
