package values

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
)

var run = contract.RunRef{ID: "run_1", Tenant: "default"}

// memory is a store and its references, and remembers the order in which it was called.
type memory struct {
	blobs map[string][]byte
	calls []string
	down  error
	// isBusy fails the next put, and no other.
	isBusy bool
}

func (m *memory) Put(_ context.Context, _ string, content *Content) error {
	m.blobs[content.SHA256], _ = io.ReadAll(content.Reader())
	m.calls = append(m.calls, "put")
	if m.isBusy {
		m.isBusy = false
		return errors.New("come back later")
	}
	return m.down
}

func (m *memory) Open(_ context.Context, _, name string) (io.ReadCloser, error) {
	m.calls = append(m.calls, "get")
	if content, known := m.blobs[name]; known {
		return io.NopCloser(bytes.NewReader(content)), m.down
	}
	return nil, fmt.Errorf("there is no blob: %w", ErrLost)
}

func (m *memory) Check(context.Context) error { return m.down }

func (m *memory) Add(context.Context, contract.RunRef, Blob) error {
	m.calls = append(m.calls, "ref")
	return nil
}

func newMemory() (*memory, *Values) {
	m := &memory{blobs: map[string][]byte{}}
	return m, &Values{Store: m, Refs: m}
}

func typeOf(err error) string {
	if known := contract.AsError(err); known != nil {
		return known.Type
	}
	return fmt.Sprint(err)
}

func TestAValueUpTo16KiBStaysAndALargerOneIsReferredToBeforeItIsStored(t *testing.T) {
	m, values := newMemory()
	small := strings.Repeat("x", contract.InlineBytesMax-2)
	if kept, err := values.Keep(context.Background(), run, small, contract.InlineBytesMax); kept != small || err != nil || m.calls != nil {
		t.Errorf("small: %v, %v", m.calls, err)
	}
	kept, err := values.Keep(context.Background(), run, small+"x", contract.InlineBytesMax)
	if _, isHandle := AsHandle(kept); !isHandle || err != nil || strings.Join(m.calls, " ") != "ref put" {
		t.Errorf("large: %v, %v, %v", kept, err, m.calls)
	}
	loaded, err := values.Load(context.Background(), run, jsonvalue.NewObject("in", kept, "again", kept))
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := loaded.(*jsonvalue.Object).Get("again"); again != small+"x" || strings.Join(m.calls, " ") != "ref put get" {
		t.Errorf("loaded, once: %v", m.calls)
	}
}

func TestAStoreThatIsBusyIsWaitedFor(t *testing.T) {
	m, values := newMemory()
	m.isBusy = true
	kept, err := values.Keep(context.Background(), run, "large", 0)
	if _, isHandle := AsHandle(kept); !isHandle || err != nil || strings.Join(m.calls, " ") != "ref put ref put" {
		t.Errorf("%v, %v, %v", kept, err, m.calls)
	}
}

func TestWhatCannotBeLoadedIsToldApartFromAnOutage(t *testing.T) {
	m, values := newMemory()
	ctx := context.Background()
	if _, err := values.Load(ctx, run, ToHandle(Blob{SHA256: "gone", Size: 1})); typeOf(err) != "invalid_request" {
		t.Errorf("gone: %v", err)
	}
	if _, err := values.Load(ctx, run, ToHandle(Blob{SHA256: "huge", Size: taskBytesMax + 1})); typeOf(err) != "invalid_request" {
		t.Errorf("huge: %v", err)
	}
	m.down = errors.New("no route to host")
	m.blobs["there"] = []byte("1")
	if _, err := values.Load(ctx, run, ToHandle(Blob{SHA256: "there", Size: 1})); typeOf(err) != "unavailable" {
		t.Errorf("down: %v", err)
	}
}

func TestWhatComesFromOutsideIsRefusedWhereItWouldBeRoundedOrPassForAHandle(t *testing.T) {
	accepted := []string{`9007199254740991`, `{"a":[1.5e300,"12345678901234567890"]}`, `1234567890123456.5`, nested(100)}
	for _, text := range accepted {
		value, err := ParseForeign([]byte(text), "It")
		if err == nil {
			err = CheckForeign(value, "It")
		}
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	refused := map[string]string{
		`9007199254740992`:           "It has the integer 9007199254740992, beyond 2^53 - 1",
		`{"a":[-9007199254740993]}`:  "-9007199254740993",
		`{"a":{"$blob":1}}`:          `It has the key "$blob" at /a`,
		`{"a~/":[{"$blob":1}]}`:      "/a~0~1/0",
		nested(101):                  "It is nested more than 100 levels deep",
		`{"a":tru}`:                  "It is not JSON at position 5",
		`{"secret":"half of a sec`:   "It is not JSON at position 24",
		strings.Repeat("[", 1) + "1": "It is not JSON at position 2",
	}
	for text, message := range refused {
		value, err := ParseForeign([]byte(text), "It")
		if err == nil {
			err = CheckForeign(value, "It")
		}
		if typeOf(err) != "invalid_output" || !strings.Contains(err.Error(), message) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func nested(levels int) string { return strings.Repeat("[", levels) + strings.Repeat("]", levels) }

func TestAMisfitIsNamedByItsPlace(t *testing.T) {
	schema := []byte(`{"type":"object","required":["n"],"properties":{"n":{"type":"integer"},"at":{"format":"date-time"}}}`)
	cases := map[string]string{
		`{"n":1}`:                  "",
		`{"n":1.0}`:                "",
		`{}`:                       "the value must have required property 'n'",
		`{"n":"x"}`:                "/n must be integer",
		`{"n":1,"at":"yesterday"}`: `/at must match format "date-time"`,
	}
	schemas := NewSchemas()
	for text, expected := range cases {
		value, _ := jsonvalue.ParseString(text)
		problem, err := schemas.ProblemOf(schema, value, false)
		if err != nil || problem != expected {
			t.Errorf("%s: %q, %v", text, problem, err)
		}
	}
	if problem, err := schemas.ProblemOf([]byte("false"), nil, true); problem == "" || err != nil {
		t.Errorf("nothing fits false: %q, %v", problem, err)
	}
}

func TestASchemaReachesNothingOutsideOfItself(t *testing.T) {
	for _, reference := range []string{"file:///etc/passwd", "http://127.0.0.1:1/schema.json", "other.json"} {
		_, err := NewSchemas().ProblemOf([]byte(`{"$ref":"`+reference+`"}`), nil, true)
		if typeOf(err) != "invalid_request" {
			t.Errorf("%s: %v", reference, err)
		}
	}
}
