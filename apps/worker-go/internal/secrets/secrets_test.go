package secrets

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"treadle.dev/treadle/internal/contract"
)

func TestASecretOfTheFolderIsReadAnewEachTime(t *testing.T) {
	folder := t.TempDir()
	secrets := New(map[string]string{"FIRST": "from-the-environment"}, folder, NewRedactor())
	for _, value := range []string{"first-value", "second-value"} {
		if err := os.WriteFile(filepath.Join(folder, "ROTATED"), []byte(value+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := secrets.Value("ROTATED"); got != value || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
	if _, err := secrets.Value("../FIRST"); contract.AsError(err).Type != "auth" {
		t.Error(err)
	}
}

func TestAHeaderIsATextOrASecretWithAPrefix(t *testing.T) {
	secrets := New(map[string]string{"KEY": "the-value"}, "", NewRedactor())
	for header, expected := range map[string]string{`"plain"`: "plain", `{"secret":"KEY","prefix":"Bearer "}`: "Bearer the-value"} {
		text, isSecret, err := secrets.Resolve(json.RawMessage(header))
		if text != expected || isSecret != (header[0] == '{') || err != nil {
			t.Errorf("%s: %q, %v, %v", header, text, isSecret, err)
		}
	}
}
