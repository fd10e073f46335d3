package attempt

import (
	"context"

	"go.opentelemetry.io/otel/attribute"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/tracing"
)

// Attempts makes attempts of nodes, see Executor.
type Attempts interface {
	Attempt(ctx context.Context, task *contract.NodeTask, host func(*Stop)) (Outcome, error)
}

// Traced makes a span of each attempt, which what it calls is a part of: in its place it passes on its own trace context with the run.
type Traced struct {
	Attempts Attempts
	Tracing  *tracing.Tracing
}

// Attempt makes one, traced.
func (t *Traced) Attempt(ctx context.Context, task *contract.NodeTask, host func(*Stop)) (Outcome, error) {
	name, about := spanOf(task)
	span := t.Tracing.Start(name, tracing.Consumer, task.Run.Traceparent, about...)
	traced := *task
	traced.Run.Traceparent = span.Traceparent(task.Run.Traceparent)
	outcome, err := t.Attempts.Attempt(ctx, &traced, host)
	if err != nil {
		span.End("internal")
		return outcome, err
	}
	span.Set(attribute.String("treadle.node.outcome", outcome.Status.String()))
	span.End(outcome.Error.Type)
	return outcome, nil
}

// spanOf follows the GenAI semantic conventions: a tool is executed under its name.
func spanOf(task *contract.NodeTask) (string, []attribute.KeyValue) {
	about := []attribute.KeyValue{
		attribute.String("treadle.run.id", task.Run.ID),
		attribute.String("treadle.tenant", task.Run.Tenant),
		attribute.String("treadle.node.path", task.Path),
		attribute.String("treadle.node.kind", task.Work.Kind),
	}
	tool := toolOf(task.Work)
	if tool == "" {
		return "execute " + task.Work.Kind, about
	}
	return "execute_tool " + tool,
		append(about, attribute.String("gen_ai.operation.name", "execute_tool"), attribute.String("gen_ai.tool.name", tool))
}

func toolOf(work contract.Work) string {
	switch {
	case work.HTTP != nil:
		return work.HTTP.Tool
	case work.MCP != nil:
		return work.MCP.Tool
	case work.Function != nil:
		return work.Function.Tool
	default:
		return ""
	}
}
