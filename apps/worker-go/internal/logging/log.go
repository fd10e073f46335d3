// Package logging writes the worker's log: JSON lines without any secret's value.
package logging

import (
	"context"
	"io"
	"log/slog"
	"os"
	"strings"

	"go.temporal.io/sdk/log"

	"treadle.dev/treadle/internal/secrets"
)

// New makes a log on out. The text of a line is `msg`.
func New(out io.Writer, level slog.Level, redactor *secrets.Redactor) *slog.Logger {
	handler := slog.NewJSONHandler(redacting{out, redactor}, &slog.HandlerOptions{Level: level, ReplaceAttr: lowerLevel})
	return slog.New(handler).With("name", "worker-go", "pid", os.Getpid())
}

// redacting gets one line at a time from the handler.
type redacting struct {
	out      io.Writer
	redactor *secrets.Redactor
}

func (r redacting) Write(line []byte) (int, error) {
	if _, err := io.WriteString(r.out, r.redactor.Text(string(line))); err != nil {
		return 0, err
	}
	return len(line), nil
}

func lowerLevel(_ []string, attr slog.Attr) slog.Attr {
	if attr.Key == slog.LevelKey {
		attr.Value = slog.StringValue(strings.ToLower(attr.Value.String()))
	}
	return attr
}

// ForTemporal has Temporal's SDK log through ours.
func ForTemporal(to *slog.Logger) log.Logger {
	return log.NewStructuredLogger(slog.New(demoting{to.With("part", "temporal").Handler()}))
}

// demoted are lines which say that an attempt failed; the node's events say it better.
var demoted = map[string]bool{"Activity error.": true, "Started Worker": true, "Stopped Worker": true}

type demoting struct{ slog.Handler }

func (d demoting) Handle(ctx context.Context, record slog.Record) error {
	if demoted[record.Message] {
		record.Level = slog.LevelDebug
		if !d.Enabled(ctx, record.Level) {
			return nil
		}
	}
	return d.Handler.Handle(ctx, record)
}

func (d demoting) WithAttrs(attrs []slog.Attr) slog.Handler {
	return demoting{d.Handler.WithAttrs(attrs)}
}
func (d demoting) WithGroup(name string) slog.Handler { return demoting{d.Handler.WithGroup(name)} }
