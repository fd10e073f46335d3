// Package database is the one home of Postgres: connections, and which of its errors pass by themselves.
package database

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	connectTimeout = 5 * time.Second
	// CallTimeout is longer than any statement may take: past it the connection is as good as lost.
	CallTimeout = 15 * time.Second
)

// NewPool makes a pool of connections of a login in treadle_worker. They are made when they are needed, so this fails only for a URL
// that is none. name is shown in pg_stat_activity.
func NewPool(url, name string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("TREADLE_DATABASE_URL is not a Postgres URL")
	}
	config.ConnConfig.ConnectTimeout = connectTimeout
	parameters := config.ConnConfig.RuntimeParams
	parameters["application_name"] = name
	parameters["statement_timeout"] = "5000"
	parameters["lock_timeout"] = "2000"
	parameters["idle_in_transaction_session_timeout"] = "10000"
	return pgxpool.NewWithConfig(context.Background(), config)
}

// Value gives the one value of the one row of a statement.
func Value[T any](ctx context.Context, pool *pgxpool.Pool, statement string, args ...any) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	var value T
	err := pool.QueryRow(ctx, statement, args...).Scan(&value)
	return value, err
}
