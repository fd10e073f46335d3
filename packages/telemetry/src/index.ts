/** Traces, as OpenTelemetry has them. Everything else passes on a W3C `traceparent`, which is a text. */
export type { Span, SpanKindName, SpanOptions } from './span.ts'
export { createTracing, type Tracing } from './tracing.ts'
