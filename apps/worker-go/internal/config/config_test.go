package config

import (
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"
)

var required = []string{"TREADLE_DATABASE_URL=postgres://w:s@127.0.0.1/treadle", "TREADLE_BLOBS=file:///blobs"}

func TestWhatIsNotSetHasItsDefault(t *testing.T) {
	config, err := Read(append(required, "OPENAI_API_KEY= "))
	if err != nil {
		t.Fatal(err)
	}
	if config.Temporal.Address != "127.0.0.1:7233" || config.Temporal.Namespace != "default" || config.Concurrency != 200 ||
		config.LogLevel != slog.LevelInfo || config.OpenAIKey != "" {
		t.Errorf("%+v", config)
	}
}

func TestEveryBadVariableIsNamedAtOnceAndNoSecretIsShown(t *testing.T) {
	_, err := Read([]string{
		"TREADLE_DATABASE_URL=mysql://user:hidden-password@host/x", "TEMPORAL_ADDRESS=nowhere", "OPENAI_BASE_URL=ftp://x",
		"TREADLE_LOG_LEVEL=loud", "TREADLE_EGRESS_ALLOW=host:80,host", "TREADLE_CONCURRENCY=0", "TREADLE_MODELS={}x",
		"TREADLE_SECRET_SHORT=abc", "TREADLE_SECRET_lower=abcdef", "TEMPORAL_TLS=maybe", "TEMPORAL_TLS_CLIENT_KEY_PATH=/nowhere",
		"TREADLE_MODELS={\"m\":{\"price\":1}}",
	})
	if err == nil {
		t.Fatal("nothing is wrong")
	}
	for _, name := range []string{
		"TREADLE_DATABASE_URL", "TREADLE_BLOBS is missing", "TEMPORAL_ADDRESS", "OPENAI_BASE_URL", "TREADLE_LOG_LEVEL", "TREADLE_EGRESS_ALLOW",
		"TREADLE_CONCURRENCY", "TREADLE_SECRET_SHORT", "TREADLE_SECRET_lower", "TEMPORAL_TLS is", "TEMPORAL_TLS_CLIENT_KEY_PATH", "TREADLE_MODELS",
	} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in: %v", name, err)
		}
	}
	if strings.Contains(err.Error(), "hidden-password") || strings.Contains(err.Error(), "abcdef") {
		t.Errorf("a value is shown: %v", err)
	}
}

func TestEveryVariableOfTheProtocolIsRead(t *testing.T) {
	protocol, err := os.ReadFile("../../../../docs/worker-protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, file := range []string{"config.go", "temporal.go"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(text)
	}
	rows := regexp.MustCompile("(?m)^\\| (`[^|]*`) \\|").FindAllStringSubmatch(string(protocol), -1)
	if len(rows) < 10 {
		t.Fatalf("the table has %d rows", len(rows))
	}
	for _, row := range rows {
		for _, name := range regexp.MustCompile("`([A-Z_]+)").FindAllString(row[1], -1) {
			// Functions are compiled in.
			if name = name[1:]; name != "TREADLE_FUNCTIONS" && !strings.Contains(source.String(), "\""+name) {
				t.Errorf("%s is not read", name)
			}
		}
	}
}
