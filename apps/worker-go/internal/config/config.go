// Package config reads all that the worker is told from outside, once at start.
package config

import (
	"errors"
	"log/slog"
	"os"
	"regexp"
	"strconv"
	"strings"

	"treadle.dev/treadle/internal/encryption"
	"treadle.dev/treadle/internal/jsonvalue"
	"treadle.dev/treadle/internal/model"
	"treadle.dev/treadle/internal/secrets"
)

// Config is the worker's. The variables are those of docs/worker-protocol.md.
type Config struct {
	// DatabaseURL is that of a login in the role treadle_worker.
	DatabaseURL string
	// BlobsURL says where large values are kept: `file:///folder` or `s3://bucket?…`.
	BlobsURL      string
	Temporal      Temporal
	OpenAIKey     string
	OpenAIBaseURL string
	LogLevel      slog.Level
	// EgressAllow has `host:port`s that tools may reach although their addresses are private.
	EgressAllow []string
	// Secrets are values by name; SecretsDir is a folder with further ones, "" for none.
	Secrets    map[string]string
	SecretsDir string
	// Grants say whom secrets are for, and where they may be sent.
	Grants secrets.Grants
	Models model.Table
	// Encryption has the keys of what Temporal is given; nil: nothing is encrypted.
	Encryption *encryption.Keyring
	// IsTraced: the exporter of traces is told where they go; it reads the rest itself.
	IsTraced bool
	// Concurrency is the number of nodes that are executed at the same time.
	Concurrency int
}

const (
	secretPrefix       = "TREADLE_SECRET_"
	concurrencyDefault = 200
	// secretLengthMin: shorter values cannot be told apart from other text, so they could not be kept out of the log.
	secretLengthMin = 4
)

var (
	databaseURL = regexp.MustCompile(`^postgres(ql)?://`)
	blobsURL    = regexp.MustCompile(`^(file|s3)://`)
	httpURL     = regexp.MustCompile(`^https?://[^/]`)
	hostPort    = regexp.MustCompile(`^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):\d{1,5}$`)
	secretName  = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,99}$`)
	concurrency = regexp.MustCompile(`^[1-9]\d{0,5}$`)
)

// levels: what Go's log has no name for counts as the nearest one that it has.
var levels = map[string]slog.Level{
	"trace": slog.LevelDebug, "debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
	"fatal": slog.LevelError, "silent": slog.LevelError + 4,
}

// Read reads an environment, as os.Environ gives it. The error names every bad variable, one a line.
func Read(environ []string) (*Config, error) {
	r := newReader(environ)
	config := &Config{
		DatabaseURL:   r.matching("TREADLE_DATABASE_URL", databaseURL, "is not a Postgres URL (postgres://user:password@host/database)"),
		BlobsURL:      r.matching("TREADLE_BLOBS", blobsURL, "is neither a file:/// folder nor an s3:// bucket"),
		Temporal:      r.temporal(),
		OpenAIKey:     r.text("OPENAI_API_KEY"),
		OpenAIBaseURL: r.matching("OPENAI_BASE_URL", httpURL, "is not an http(s) URL"),
		LogLevel:      slog.LevelInfo,
		Secrets:       r.secrets(),
		SecretsDir:    r.text("TREADLE_SECRETS_DIR"),
		Concurrency:   concurrencyDefault,
		IsTraced:      r.text("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || r.text("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != "",
	}
	r.require("TREADLE_DATABASE_URL", "give the Postgres URL of the worker’s login, such as postgres://worker:…@host/treadle")
	r.require("TREADLE_BLOBS", "give a folder (file:///var/lib/treadle/blobs) or a bucket (s3://bucket?region=eu-central-1)")
	if text := r.text("TREADLE_LOG_LEVEL"); text != "" {
		level, known := levels[text]
		if !known {
			r.bad("TREADLE_LOG_LEVEL is none of trace, debug, info, warn, error, fatal, silent")
		}
		config.LogLevel = level
	}
	for part := range strings.SplitSeq(r.text("TREADLE_EGRESS_ALLOW"), ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		if !hostPort.MatchString(part) {
			r.bad("TREADLE_EGRESS_ALLOW holds \"" + part + "\", which is not host:port")
		}
		config.EgressAllow = append(config.EgressAllow, strings.ToLower(part))
	}
	if text := r.text("TREADLE_ENCRYPTION_KEYS"); text != "" {
		keyring, err := encryption.ParseKeyring(text)
		if err != nil {
			r.bad("TREADLE_ENCRYPTION_KEYS " + err.Error())
		}
		config.Encryption = keyring
	}
	if text := r.text("TREADLE_GRANTS"); text != "" {
		grants, err := secrets.ParseGrants(text)
		if err != nil {
			r.bad("TREADLE_GRANTS " + err.Error())
		}
		config.Grants = grants
	}
	if text := r.text("TREADLE_MODELS"); text != "" {
		models, err := model.ParseTable(text)
		if err != nil {
			r.bad("TREADLE_MODELS " + err.Error())
		}
		config.Models = models
	}
	if text := r.matching("TREADLE_CONCURRENCY", concurrency, "is not a whole number from 1 to 999999"); text != "" {
		config.Concurrency, _ = strconv.Atoi(text)
	}
	return config, r.err()
}

// reader gives variables and gathers what is wrong; an empty variable counts as absent.
type reader struct {
	variables map[string]string
	problems  []string
}

func newReader(environ []string) *reader {
	r := &reader{variables: map[string]string{}}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		r.variables[name] = value
	}
	return r
}

func (r *reader) text(name string) string { return strings.TrimSpace(r.variables[name]) }

func (r *reader) bad(problem string) { r.problems = append(r.problems, problem) }

func (r *reader) require(name, hint string) {
	if r.text(name) == "" {
		r.bad(name + " is missing: " + hint)
	}
}

func (r *reader) matching(name string, form *regexp.Regexp, problem string) string {
	text := r.text(name)
	if text != "" && !form.MatchString(text) {
		r.bad(name + " " + problem)
	}
	return text
}

func (r *reader) file(name string) []byte {
	path := r.text(name)
	if path == "" {
		return nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		r.bad(name + " names a file that cannot be read (" + err.Error() + ")")
	}
	return content
}

func (r *reader) secrets() map[string]string {
	secrets := map[string]string{}
	for variable, value := range r.variables {
		name, isSecret := strings.CutPrefix(variable, secretPrefix)
		switch {
		case !isSecret:
		case !secretName.MatchString(name):
			r.bad(variable + " names a secret by something else than capitals, digits and underscores")
		case jsonvalue.Units(value) < secretLengthMin:
			r.bad(variable + " is shorter than 4 characters, so it could not be kept out of the log")
		default:
			secrets[name] = value
		}
	}
	return secrets
}

func (r *reader) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	return errors.New("The worker’s environment is not usable:\n- " + strings.Join(r.problems, "\n- ")) //nolint:staticcheck // Shown to people as it is.
}
