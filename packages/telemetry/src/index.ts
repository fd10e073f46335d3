/** Traces, as OpenTelemetry has them. Everything else passes on a W3C `traceparent`, which is a text. */
export { SPAN_KINDS, type Span, type SpanKindName, type SpanOptions } from './span.ts'
export { createTracing, type Tracing } from './tracing.ts'
