import type { Span, SpanOptions } from './span.ts'

export type Tracing = {
  start(name: string, options: SpanOptions): Span
  /** Sends what is left. */
  close(): Promise<void>
}

/**
 * Traces are sent where OTEL_EXPORTER_OTLP_ENDPOINT says, as OTLP over HTTP; undefined where it says nothing, and then nothing of this costs
 * anything: its libraries (17 MiB, 0.3 s of a start) are not even loaded. The exporter reads its other variables itself
 * (OTEL_EXPORTER_OTLP_HEADERS, OTEL_BSP_…, OTEL_TRACES_SAMPLER).
 */
export async function createTracing({
  service,
  env,
}: {
  service: string
  env: NodeJS.ProcessEnv
}): Promise<Tracing | undefined> {
  if (!env.OTEL_EXPORTER_OTLP_ENDPOINT && !env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) return undefined
  const { createOtlpTracing } = await import('./otlp-tracing.ts')
  return createOtlpTracing(env.OTEL_SERVICE_NAME || service)
}
