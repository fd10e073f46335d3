package secrets

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"treadle.dev/treadle/internal/contract"
)

func TestASecretOfTheFolderIsReadAnewEachTime(t *testing.T) {
	folder := t.TempDir()
	secrets := New(Options{Values: map[string]string{"FIRST": "from-the-environment"}, Folder: folder}, NewRedactor())
	for _, value := range []string{"first-value", "second-value"} {
		if err := os.WriteFile(filepath.Join(folder, "ROTATED"), []byte(value+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := secrets.Value(context.Background(), "ROTATED", Use{}); got != value || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
	if _, err := secrets.Value(context.Background(), "../FIRST", Use{}); contract.AsError(err).Type != "auth" {
		t.Error(err)
	}
}

func TestAHeaderIsATextOrASecretWithAPrefix(t *testing.T) {
	secrets := New(Options{Values: map[string]string{"KEY": "the-value"}}, NewRedactor())
	for header, expected := range map[string]string{`"plain"`: "plain", `{"secret":"KEY","prefix":"Bearer "}`: "Bearer the-value"} {
		text, isSecret, err := secrets.Resolve(context.Background(), json.RawMessage(header), Use{})
		if text != expected || isSecret != (header[0] == '{') || err != nil {
			t.Errorf("%s: %q, %v, %v", header, text, isSecret, err)
		}
	}
}

func TestASecretIsGivenOnlyToWhomItIsGranted(t *testing.T) {
	grants, err := ParseGrants(`{"KEY":{"tenants":["a"],"workflows":["billing"],"hosts":["api.example.com","*.shop.example:8443"]}}`)
	if err != nil {
		t.Fatal(err)
	}
	stored := map[string]string{"run_stored": "billing", "run_other": "other"}
	workflowOf := func(_ context.Context, run contract.RunRef) (string, error) { return stored[run.ID], nil }
	secrets := New(Options{Values: map[string]string{"KEY": "the-value", "OPEN": "for-all"}, Grants: grants, WorkflowOf: workflowOf}, NewRedactor())
	cases := map[[4]string]bool{
		{"KEY", "a", "run_stored", "api.example.com"}:      true,
		{"KEY", "a", "run_stored", "eu.shop.example:8443"}: true,
		{"KEY", "a", "run_stored", ""}:                     true,
		{"KEY", "b", "run_stored", "api.example.com"}:      false,
		{"KEY", "a", "run_other", "api.example.com"}:       false,
		{"KEY", "a", "run_posted", "api.example.com"}:      false,
		{"KEY", "a", "run_stored", "evil.example.com"}:     false,
		{"KEY", "a", "run_stored", "shop.example:8443"}:    false,
		{"KEY", "a", "run_stored", "api.example.com:8080"}: false,
		{"OPEN", "b", "run_posted", "anywhere"}:            true,
	}
	for c, granted := range cases {
		value, err := secrets.Value(context.Background(), c[0], Use{Run: contract.RunRef{Tenant: c[1], ID: c[2]}, Host: c[3]})
		if (err == nil) != granted || (err != nil) && (value != "" || contract.AsError(err).Type != "auth") {
			t.Errorf("%v: %q, %v", c, value, err)
		}
	}
	for _, text := range []string{"[]", "null", `{"K":{"hosts":"x"}}`, `{"K":{"who":[]}}`, "{}{}", "/nowhere"} {
		if _, err := ParseGrants(text); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}
