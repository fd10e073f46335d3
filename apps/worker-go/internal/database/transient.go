package database

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// transientClasses of SQLSTATE: connection, rollback (serialisation, deadlock), resources, operator intervention (restart, timeout).
var transientClasses = map[string]bool{"08": true, "40": true, "53": true, "57": true, "58": true}

const (
	lockNotAvailable = "55P03"
	readOnly         = "25006" // A standby that has not been promoted yet.
)

// IsTransient says whether the same statement may succeed later: Postgres is away, or overloaded, or chose this statement to give way.
// What is not an answer of Postgres is a connection that was lost, or could not be made.
func IsTransient(err error) bool {
	var answer *pgconn.PgError
	if errors.As(err, &answer) {
		return len(answer.Code) == 5 && (transientClasses[answer.Code[:2]] || answer.Code == lockNotAvailable || answer.Code == readOnly)
	}
	var scan pgx.ScanArgError
	return !errors.Is(err, pgx.ErrNoRows) && !errors.As(err, &scan)
}

const (
	pauseFirst = 100 * time.Millisecond
	pauseMax   = 5 * time.Second
)

// PersistentValue is Value for a statement that may be repeated: an outage is waited out, until ctx ends.
func PersistentValue[T any](ctx context.Context, pool *pgxpool.Pool, statement string, args ...any) (T, error) {
	for pause := pauseFirst; ; pause = min(2*pause, pauseMax) {
		value, err := Value[T](ctx, pool, statement, args...)
		if err == nil || ctx.Err() != nil || !IsTransient(err) {
			return value, err
		}
		select {
		case <-ctx.Done():
			return value, ctx.Err()
		case <-time.After(pause):
		}
	}
}
