package encryption

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
)

const mark = "what-nobody-may-see"

type sealedCase struct {
	Place struct{ Tenant, Run, Path string }
	Value json.RawMessage
	// Sealed is the value as it is stored.
	Sealed json.RawMessage
}

type fixture struct {
	Keys       string
	Values     []sealedCase
	Repeatable sealedCase
	Blob       struct{ Tenant, Sha256, Content, Stored string }
}

func readFixture(t *testing.T) (fixture, *Keyring) {
	t.Helper()
	text, err := os.ReadFile("../../../../test/fixtures/sealed.json")
	if err != nil {
		t.Fatal(err)
	}
	var read fixture
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	keys, err := ParseKeyring(read.Keys)
	if err != nil {
		t.Fatal(err)
	}
	return read, keys
}

func compact(t *testing.T, text []byte) string {
	t.Helper()
	value, err := jsonvalue.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return jsonvalue.Text(value)
}

func TestWhatOtherLanguagesSealedIsReadAndRepeatedTheSame(t *testing.T) {
	known, keys := readFixture(t)
	sealer := &Sealer{Keys: keys}
	for _, c := range known.Values {
		opened, err := sealer.OpenText(Place(c.Place), c.Sealed)
		if err != nil || string(opened) != compact(t, c.Value) {
			t.Errorf("%s, %v", opened, err)
		}
	}
	c := known.Repeatable
	data := `{"error":` + compact(t, c.Value) + `}`
	if got := sealer.SealData(Place(c.Place), "node.failed", data, true); got != `{"error":`+compact(t, c.Sealed)+`}` {
		t.Error(got)
	}
	content, err := base64.StdEncoding.DecodeString(known.Blob.Stored)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := openAll(keys, known.Blob.Tenant, known.Blob.Sha256, content)
	if err != nil || string(opened) != known.Blob.Content {
		t.Errorf("%s, %v", opened, err)
	}
}

func TestDataShowsWhatHappenedAndNotWhatWith(t *testing.T) {
	_, keys := readFixture(t)
	sealer := &Sealer{Keys: keys}
	place := Place{Tenant: "default", Run: "run_1", Path: "a"}
	data := `{"kind":"llm","text":"` + mark + `","parts":[{"$blob":{"sha256":"ab","size":20000}},"` + mark + `"]}`
	sealed := sealer.SealData(place, "node.delta", data, false)
	if strings.Contains(sealed, mark) || !strings.Contains(sealed, `"kind":"llm"`) || !strings.Contains(sealed, `"refs":[{"$blob":{"sha256":"ab","size":20000}}]`) {
		t.Error(sealed)
	}
	whole := sealer.SealData(place, "custom.mine", `{"kind":"`+mark+`"}`, false)
	opened, err := sealer.OpenText(place, []byte(whole))
	if strings.Contains(whole, mark) || err != nil || string(opened) != `{"kind":"`+mark+`"}` {
		t.Errorf("%s, %s, %v", whole, opened, err)
	}
	for _, elsewhere := range []Place{{"b", "run_1", "a"}, {"default", "b", "a"}, {"default", "run_1", "b"}} {
		if _, err := sealer.OpenText(elsewhere, []byte(sealer.SealText(place, `"x"`))); err == nil || errors.Is(err, ErrNoKey) || contract.AsError(err) == nil {
			t.Errorf("%v: %v", elsewhere, err)
		}
	}
	if _, err := (&Sealer{}).OpenText(place, []byte(whole)); !errors.Is(err, ErrNoKey) || !strings.Contains(err.Error(), "no key k.1") {
		t.Error(err)
	}
}

func TestABlobComesBackAndIsRefusedWhereItWasChanged(t *testing.T) {
	_, keys := readFixture(t)
	for _, size := range []int{0, 1, chunkBytes, chunkBytes + 1, 200_000} {
		content := bytes.Repeat([]byte{7}, size)
		stored, err := io.ReadAll(SealBlob(keys, "default", "aa", bytes.NewReader(content)))
		if err != nil || int64(len(stored)) != SealedSize(keys, int64(size)) {
			t.Fatalf("%d bytes, of %d expected: %v", len(stored), SealedSize(keys, int64(size)), err)
		}
		for _, form := range [][]byte{stored, content} {
			opened, err := openAll(keys, "default", "aa", form)
			if err != nil || !bytes.Equal(opened, content) {
				t.Errorf("%d bytes: %v", size, err)
			}
		}
		flipped := bytes.Clone(stored)
		flipped[len(flipped)-1] ^= 1
		changed := [][]byte{flipped}
		if size > chunkBytes {
			changed = append(changed, stored[:HeaderBytes+sealedBytes], append(bytes.Clone(stored[:HeaderBytes]), stored[HeaderBytes+sealedBytes:]...))
		}
		for i, wrong := range changed {
			if _, err := openAll(keys, "default", "aa", wrong); err == nil {
				t.Errorf("%d bytes: change %d is taken", size, i)
			}
		}
		for _, place := range [][2]string{{"other", "aa"}, {"default", "bb"}} {
			if _, err := openAll(keys, place[0], place[1], stored); err == nil {
				t.Errorf("%v is taken", place)
			}
		}
		if _, err := openAll(nil, "default", "aa", stored); !errors.Is(err, ErrNoKey) {
			t.Error(err)
		}
	}
}

func openAll(keys *Keyring, tenant, sha256 string, stored []byte) ([]byte, error) {
	content, err := OpenBlob(keys, tenant, sha256, bytes.NewReader(stored))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(content)
}
