package worker

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

const (
	// waitMax is how long a part that is started at the same time may take to come up.
	waitMax = time.Minute
	pause   = 500 * time.Millisecond
	tryMax  = 5 * time.Second
)

// waitFor tries to connect for a minute. The error is one sentence, with the reason of the last try.
func waitFor(ctx context.Context, what string, log *slog.Logger, connect func(context.Context) error) error {
	for end, tries := time.Now().Add(waitMax), 1; ; tries++ {
		err := tryOnce(ctx, connect)
		if err == nil || ctx.Err() != nil {
			return err
		}
		if time.Now().Add(pause).After(end) {
			return fmt.Errorf("%s could not be reached within %v: %w", what, waitMax, err)
		}
		if tries == 1 {
			log.Info("Waiting for "+what, "reason", err.Error())
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func tryOnce(ctx context.Context, connect func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, tryMax)
	defer cancel()
	return connect(ctx)
}
