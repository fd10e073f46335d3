// Package tracing sends spans, as OpenTelemetry has them: its one home. Everything else passes on a W3C `traceparent`, which is a text.
package tracing

import (
	"context"
	"os"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// The kinds of spans that a worker has.
const (
	Client   = trace.SpanKindClient
	Consumer = trace.SpanKindConsumer
)

const closeMax = 5 * time.Second

var w3c propagation.TraceContext

// Tracing is where spans begin. Where it is nil nothing is traced, and its spans are nil.
type Tracing struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

// Open sends traces where OTEL_EXPORTER_OTLP_ENDPOINT says, as OTLP over HTTP. The exporter reads that and its other variables itself
// (OTEL_EXPORTER_OTLP_HEADERS, OTEL_BSP_…, OTEL_TRACES_SAMPLER).
func Open(ctx context.Context, service string) (*Tracing, error) {
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, err
	}
	if name := os.Getenv("OTEL_SERVICE_NAME"); name != "" {
		service = name
	}
	about := resource.NewSchemaless(attribute.String("service.name", service), attribute.String("service.namespace", "treadle"))
	provider := sdk.NewTracerProvider(sdk.WithBatcher(exporter), sdk.WithResource(about))
	return &Tracing{provider: provider, tracer: provider.Tracer("treadle")}, nil
}

// Close sends what is left; what cannot be sent any more is lost, and holds nobody up.
func (t *Tracing) Close() {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeMax)
	defer cancel()
	_ = t.provider.Shutdown(ctx)
}

// Start begins a span. parent is the W3C trace context of the one that it is a part of; "", or a broken one: it begins a trace.
func (t *Tracing) Start(name string, kind trace.SpanKind, parent string, attributes ...attribute.KeyValue) *Span {
	if t == nil {
		return nil
	}
	ctx := w3c.Extract(context.Background(), propagation.MapCarrier{"traceparent": parent})
	ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(attributes...))
	return &Span{ctx: ctx, span: span}
}

// Span is something that takes time, and is a part of a trace. Nothing happens to one that is nil.
type Span struct {
	ctx  context.Context
	span trace.Span
}

// Traceparent is what the parts of it get as their parent; of nil it is the given one.
func (s *Span) Traceparent(outside string) string {
	if s == nil {
		return outside
	}
	carrier := propagation.MapCarrier{}
	w3c.Inject(s.ctx, carrier)
	return carrier["traceparent"]
}

// Set adds attributes.
func (s *Span) Set(attributes ...attribute.KeyValue) {
	if s != nil {
		s.span.SetAttributes(attributes...)
	}
}

// End ends it. With an errorType it failed. Only the first end counts.
func (s *Span) End(errorType string) {
	if s == nil {
		return
	}
	if errorType != "" {
		s.span.SetAttributes(attribute.String("error.type", errorType))
		s.span.SetStatus(codes.Error, "")
	}
	s.span.End()
}
