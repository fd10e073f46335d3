package values

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"treadle.dev/treadle/internal/secrets"
)

const token = `token "of" 1234`

func redactor() *secrets.Redactor {
	known := secrets.NewRedactor()
	known.Add("TOKEN", token)
	return known
}

// stream gives a text in pieces of so many bytes.
func stream(text string, size int) (string, error) {
	streamed := NewStreamedJSON("It", redactor())
	var out []byte
	for piece := range pieces(text, size) {
		var err error
		if out, err = streamed.Append(out, []byte(piece)); err != nil {
			return "", err
		}
	}
	return string(out), streamed.End()
}

func pieces(text string, size int) func(func(string) bool) {
	return func(yield func(string) bool) {
		for from := 0; from < len(text); from += size {
			if !yield(text[from:min(from+size, len(text))]) {
				return
			}
		}
	}
}

func TestAStreamedTextIsTheSameInPiecesOfAnySizeAndHoldsNoSecret(t *testing.T) {
	var spelled strings.Builder
	for _, letter := range token {
		fmt.Fprintf(&spelled, `\u%04x`, letter)
	}
	quoted, _ := json.Marshal(token)
	for given, expected := range map[string]string{
		` { "a" : [ 1, -2.50e+3 , true, null, "" ] } `:            ` { "a" : [ 1, -2.50e+3 , true, null, "" ] } `,
		`"Grüße 😀 \ud83d\ude00 \/ \u00fc \n"`:                     `"Grüße 😀 😀 / ü \n"`,
		`"\ud83d and \u0000"`:                                     `"� and �"`,
		`["` + spelled.String() + `"]`:                            `["[secret TOKEN]"]`,
		`{"so ` + spelled.String() + `.":` + string(quoted) + `}`: `{"so [secret TOKEN].":"[secret TOKEN]"}`,
		`"token \"of\" 1"`:                                        `"token \"of\" 1"`,
		`9007199254740991`:                                        `9007199254740991`,
	} {
		for _, size := range []int{1, 2, 3, 7, 1000} {
			if got, err := stream(given, size); got != expected || err != nil {
				t.Errorf("%s in %d: %s, %v", given, size, got, err)
			}
		}
	}
}

func TestWhatASmallAnswerMayNotBeAStreamedOneMayNotBeEither(t *testing.T) {
	for text, problem := range map[string]string{
		`[1,`: "is not JSON", `{"a" 1}`: "is not JSON", `01`: "is not JSON", `[1]]`: "is not JSON", `nul`: "is not JSON", ``: "is not JSON",
		"\"\n\"": "is not JSON", `"\x"`: "is not JSON", `"\u12g4"`: "is not JSON", `[1}`: "is not JSON", `+1`: "is not JSON", `{,}`: "is not JSON",
		`{"$blob":1}`: `"$blob"`, `[{"\u0024blob":1}]`: `"$blob"`, `{"a":{"$bl\u006fb":1}}`: `"$blob"`,
		`9007199254740992`: "rounded", `[-12345678901234567890]`: "rounded", `1e999`: "cannot hold",
		strings.Repeat("[", 101): "levels deep", "\"\xff\"": "not UTF-8", "\"\xc3\"": "not UTF-8", "\"\xed\xa0\x80\"": "not UTF-8",
		strings.Repeat("1", 1_001): "1,000 digits",
	} {
		for _, size := range []int{1, 3, 1000} {
			if _, err := stream(text, size); typeOf(err) != "invalid_output" || !strings.Contains(err.Error(), problem) {
				t.Errorf("%s in %d: %v", text, size, err)
			}
		}
	}
	for _, text := range []string{`{"$blobs":1,"$blo":2,"a$blob":"$blob"}`, strings.Repeat("[", 100) + strings.Repeat("]", 100), `1e22`} {
		if got, err := stream(text, 1); got != text || err != nil {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
}

func TestATextBecomesAStringInPiecesOfAnySize(t *testing.T) {
	text := "Grüße \"😀\"\n" + token + " end"
	for _, size := range []int{1, 2, 5, 1000} {
		streamed := NewStreamedText(redactor())
		var out []byte
		isValid := true
		for piece := range pieces(text, size) {
			out, isValid = streamed.Append(out, []byte(piece))
			if !isValid {
				t.Fatal("not UTF-8")
			}
		}
		out, isValid = streamed.End(out)
		if expected := `"Grüße \"😀\"\n[secret TOKEN] end"`; string(out) != expected || !isValid {
			t.Errorf("in %d: %s, %v", size, out, isValid)
		}
	}
	if _, isValid := NewStreamedText(redactor()).Append(nil, []byte{0xff}); isValid {
		t.Error("it is UTF-8")
	}
}

func TestALargeContentIsReadTwiceAndLeavesNothingBehind(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	content, err := ReadContent(io.LimitReader(neverEnding{}, inMemoryMax+5))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if all, err := io.ReadAll(content.Reader()); int64(len(all)) != content.Size || NameOf(all) != content.Blob || err != nil {
			t.Errorf("%d of %d bytes, %v", len(all), content.Size, err)
		}
	}
	content.Discard()
	failing := io.MultiReader(io.LimitReader(neverEnding{}, 2*inMemoryMax), broken{})
	if _, err := ReadContent(failing); err != errBroken {
		t.Error(err)
	}
	if left, err := os.ReadDir(os.TempDir()); len(left) != 0 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

type neverEnding struct{}

func (neverEnding) Read(into []byte) (int, error) { return len(into), nil }

var errBroken = errors.New("broken off")

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errBroken }
