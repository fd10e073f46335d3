package values

import (
	"context"
	"errors"
	"time"
)

const (
	patience   = time.Minute
	pauseFirst = 200 * time.Millisecond
	pauseMax   = 5 * time.Second
)

// patiently tries again, longer and longer apart, until it is done, has failed for a minute, or ctx ends.
func patiently(ctx context.Context, try func() error) error {
	begun := time.Now()
	for pause := pauseFirst; ; pause = min(2*pause, pauseMax) {
		err := try()
		if err == nil || errors.Is(err, ErrLost) || time.Since(begun) > patience {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}
