package treadle

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"treadle.dev/treadle/internal/config"
	"treadle.dev/treadle/internal/logging"
	"treadle.dev/treadle/internal/secrets"
	"treadle.dev/treadle/internal/worker"
)

// stopMax is longer than everything that stops has; then the process goes, whatever still holds it.
const stopMax = 15 * time.Second

// Main runs the worker until the process is told to stop (SIGTERM, SIGINT), and ends the process. What it reads from the environment
// stands in docs/worker-protocol.md.
func Main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	context.AfterFunc(ctx, func() { time.AfterFunc(stopMax, func() { os.Exit(1) }) })
	err := Run(ctx, os.Environ())
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Run runs the worker with an environment, as os.Environ gives it, until ctx ends. The error has no secrets in it.
func Run(ctx context.Context, environ []string) error {
	redactor := secrets.NewRedactor()
	read, err := config.Read(environ)
	if err != nil {
		return err
	}
	log := logging.New(os.Stdout, read.LogLevel, redactor)
	if err := worker.Run(ctx, read, registered, redactor, log); err != nil {
		return fmt.Errorf("%s", redactor.Text(err.Error()))
	}
	return nil
}
