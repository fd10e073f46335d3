// Package worker wires everything, and hosts it in Temporal.
package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"

	"treadle.dev/treadle/internal/appender"
	"treadle.dev/treadle/internal/attempt"
	"treadle.dev/treadle/internal/blobs"
	"treadle.dev/treadle/internal/codec"
	"treadle.dev/treadle/internal/config"
	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/database"
	"treadle.dev/treadle/internal/encryption"
	"treadle.dev/treadle/internal/functions"
	"treadle.dev/treadle/internal/logging"
	"treadle.dev/treadle/internal/mcp"
	"treadle.dev/treadle/internal/model"
	"treadle.dev/treadle/internal/net"
	"treadle.dev/treadle/internal/secrets"
	"treadle.dev/treadle/internal/storage"
	"treadle.dev/treadle/internal/tracing"
	"treadle.dev/treadle/internal/values"
	"treadle.dev/treadle/internal/work"
)

const (
	// forceAfter: nodes are let go of at once, they are claimed anew elsewhere. What does not let go by then is left behind.
	forceAfter = 8 * time.Second
	flushMax   = 5 * time.Second
	// heartbeatThrottle: a cancel travels with the answer of a heartbeat, so heartbeats are sent as often as they are made.
	heartbeatThrottle = time.Second
	pollers           = 5
	// service is the worker's name in traces.
	service = "treadle-worker-go"
)

// Run starts the worker, and returns when ctx ends and everything is closed, or when the worker fails.
func Run(ctx context.Context, config *config.Config, registry *functions.Registry, redactor *secrets.Redactor, log *slog.Logger) error {
	if config.OpenAIKey != "" {
		redactor.Add("OPENAI_API_KEY", config.OpenAIKey)
	}
	pool, err := database.NewPool(config.DatabaseURL, "treadle-worker-go")
	if err != nil {
		return err
	}
	defer pool.Close()
	store, err := blobs.Open(ctx, config.BlobsURL, config.Encryption)
	if err != nil {
		return err
	}
	if err := waitFor(ctx, "Postgres", log, func(ctx context.Context) error { return pool.Ping(ctx) }); err != nil {
		return err
	}
	connection, err := connect(ctx, config.Temporal, config.Encryption, log)
	if err != nil {
		return err
	}
	defer connection.Close()

	sealer := &encryption.Sealer{Keys: config.Encryption}
	events := appender.New(pool, sealer, log)
	defer events.Close(flushMax)
	large := &values.Values{Store: store, Refs: &storage.BlobRefs{Pool: pool}}
	schemas := values.NewSchemas()
	known := secrets.New(secrets.Options{
		Values: config.Secrets, Folder: config.SecretsDir, Grants: config.Grants, WorkflowOf: storage.WorkflowOf(pool),
	}, redactor)
	models := model.NewClient(config.OpenAIKey, config.OpenAIBaseURL, known)
	defer models.Close()
	var traces *tracing.Tracing
	if config.IsTraced {
		if traces, err = tracing.Open(ctx, service); err != nil {
			return fmt.Errorf("traces cannot be sent: %w", err)
		}
	}
	defer traces.Close()
	asker := &model.Asker{Client: models, Models: config.Models, Tracing: traces}
	egress := net.NewEgress(config.EgressAllow)
	tools := &mcp.Sessions{Secrets: known, Redactor: redactor, Transport: egress}
	turns := work.ModelTurnParts{Asker: asker, Schemas: schemas, Transcripts: &storage.Transcripts{Pool: pool, Sealer: sealer}, Tools: tools}

	executor := &attempt.Executor{
		Appender: events,
		Values:   large,
		Schemas:  schemas,
		Redactor: redactor,
		Cache:    &storage.ResultCache{Pool: pool, Sealer: sealer},
		Budgets:  &storage.Budgets{Pool: pool},
		Log:      log,
		Work: work.Table{
			"llm":        work.LLM(asker, schemas),
			"http":       work.HTTP(work.HTTPParts{Secrets: known, Redactor: redactor, Transport: egress}),
			"function":   work.Function(work.FunctionParts{Functions: registry, Secrets: known, Schemas: schemas, States: &storage.States{Pool: pool, Sealer: sealer}, Log: log}),
			"mcp":        work.MCP(tools),
			"modelTurn":  work.ModelTurn(turns),
			"emit":       work.Emit,
			"checkpoint": work.Checkpoint,
		},
	}
	publisher := &storage.Publisher{Pool: pool, Functions: registry, Log: log}
	if err := publisher.Publish(ctx); err != nil {
		return fmt.Errorf("the functions could not be published: %w", err)
	}
	publishing, end := context.WithCancel(ctx)
	defer end()
	go publisher.KeepPublishing(publishing)
	return host(ctx, connection, &attempt.Traced{Attempts: executor, Tracing: traces}, config.Concurrency, log)
}

// host polls until ctx ends, or until Temporal's worker fails.
func host(ctx context.Context, connection client.Client, executor attempt.Attempts, concurrency int, log *slog.Logger) error {
	failed := make(chan error, 1)
	hosted := worker.New(connection, contract.TaskQueue, worker.Options{
		DisableWorkflowWorker:              true,
		MaxConcurrentActivityExecutionSize: concurrency,
		MaxConcurrentActivityTaskPollers:   min(pollers, concurrency),
		MaxHeartbeatThrottleInterval:       heartbeatThrottle,
		WorkerStopTimeout:                  forceAfter,
		OnFatalError:                       func(err error) { failed <- err },
	})
	hosts := &activities{executor: executor, log: log}
	hosted.RegisterActivityWithOptions(hosts.executeNode, activity.RegisterOptions{Name: contract.ExecuteNode})
	if err := hosted.Start(); err != nil {
		return err
	}
	log.Info("polling", "taskQueue", contract.TaskQueue)
	select {
	case <-ctx.Done():
		log.Info("Stopping")
		hosted.Stop()
		log.Info("Stopped")
		return nil
	case err := <-failed:
		return errors.Join(errors.New("the worker of Temporal failed"), err)
	}
}

func connect(ctx context.Context, config config.Temporal, keys *encryption.Keyring, log *slog.Logger) (client.Client, error) {
	options := client.Options{HostPort: config.Address, Namespace: config.Namespace, Logger: logging.ForTemporal(log)}
	options.ConnectionOptions.TLS = config.TLS
	if keys != nil {
		options.DataConverter = codec.Converter(keys)
		// Failures have a converter of their own: their details are payloads, and so are their messages.
		options.FailureConverter = temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
			DataConverter: options.DataConverter, EncodeCommonAttributes: true,
		})
	}
	if config.APIKey != "" {
		options.Credentials = client.NewAPIKeyStaticCredentials(config.APIKey)
	}
	var connection client.Client
	err := waitFor(ctx, "Temporal at "+config.Address, log, func(ctx context.Context) (err error) {
		connection, err = client.DialContext(ctx, options)
		return err
	})
	return connection, err
}
