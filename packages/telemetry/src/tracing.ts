import { isSpanContextValid, ROOT_CONTEXT, type SpanContext, SpanStatusCode, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { SPAN_KINDS, type Span, type SpanOptions } from './span.ts'

export type Tracing = {
  start(name: string, options: SpanOptions): Span
  /** Sends what is left. */
  close(): Promise<void>
}

/**
 * Traces are sent where OTEL_EXPORTER_OTLP_ENDPOINT says, as OTLP over HTTP; undefined where it says nothing, and then nothing of this costs
 * anything. The exporter reads its other variables itself (OTEL_EXPORTER_OTLP_HEADERS, OTEL_BSP_…, OTEL_TRACES_SAMPLER).
 */
export function createTracing({ service, env }: { service: string; env: NodeJS.ProcessEnv }): Tracing | undefined {
  if (!env.OTEL_EXPORTER_OTLP_ENDPOINT && !env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) return undefined
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({
      'service.name': env.OTEL_SERVICE_NAME || service,
      'service.namespace': 'treadle',
    }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  })
  const tracer = provider.getTracer('treadle')

  return {
    start(name, { kind, parent, attributes = {} }) {
      const remote = parseTraceparent(parent)
      const context = remote ? trace.setSpanContext(ROOT_CONTEXT, remote) : ROOT_CONTEXT
      const span = tracer.startSpan(name, { kind: SPAN_KINDS[kind], attributes: given(attributes) }, context)
      return toSpan(span)
    },
    close: () => provider.shutdown().catch(() => {}), // What cannot be sent any more is lost, and holds nobody up.
  }
}

function toSpan(span: ReturnType<ReturnType<BasicTracerProvider['getTracer']>['startSpan']>): Span {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return {
    traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
    set: (attributes) => void span.setAttributes(given(attributes)),
    end(errorType) {
      if (errorType !== undefined) {
        span.setAttribute('error.type', errorType)
        span.setStatus({ code: SpanStatusCode.ERROR })
      }
      span.end()
    },
  }
}

function parseTraceparent(text: string | undefined): SpanContext | undefined {
  const [, traceId = '', spanId = '', flags = ''] =
    /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(text ?? '') ?? []
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
  return isSpanContextValid(context) ? context : undefined
}

const given = (attributes: NonNullable<SpanOptions['attributes']>) =>
  Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined)) as Record<string, string>
