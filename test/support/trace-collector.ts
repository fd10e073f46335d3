import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import protobuf from 'protobufjs'

/** A span as it came, with the name of the service that sent it. */
export type CollectedSpan = {
  service: string
  name: string
  /** Hex, as in a W3C `traceparent`; `parentSpanId` is empty where the span begins its trace. */
  traceId: string
  spanId: string
  parentSpanId: string
  attributes: Record<string, unknown>
}

export type TraceCollector = {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  url: string
  readonly spans: readonly CollectedSpan[]
  close(): Promise<void>
}

/** A collector of traces: OTLP over HTTP, as JSON or as protobuf. */
export async function startTraceCollector(): Promise<TraceCollector> {
  const spans: CollectedSpan[] = []
  const server = createServer(async (request, response) => {
    const body = await buffer(request)
    const isJson = request.headers['content-type'] === 'application/json'
    spans.push(...spansOf(isJson ? JSON.parse(body.toString()) : fromProtobuf(body)))
    response.writeHead(200, { 'content-type': isJson ? 'application/json' : 'application/x-protobuf' })
    response.end(isJson ? '{}' : '')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

type KeyValue = { key: string; value: Record<string, unknown> }
type Traces = {
  resourceSpans: {
    resource: { attributes: KeyValue[] }
    scopeSpans: { spans: (Omit<CollectedSpan, 'service' | 'attributes'> & { attributes?: KeyValue[] })[] }[]
  }[]
}

const spansOf = ({ resourceSpans }: Traces): CollectedSpan[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans
      .flatMap(({ spans }) => spans)
      .map((span) => ({
        ...span,
        service: String(attributesOf(resource.attributes)['service.name']),
        attributes: attributesOf(span.attributes),
      })),
  )

const attributesOf = (list: KeyValue[] = []): Record<string, unknown> =>
  Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0]]))

/** What is read here of opentelemetry/proto/trace/v1/trace.proto: fields by their numbers there. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Traces { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeSpans { repeated Span spans = 2; }
  message Span {
    bytes trace_id = 1;
    bytes span_id = 2;
    bytes parent_span_id = 4;
    string name = 5;
    repeated KeyValue attributes = 9;
  }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue {
    oneof value {
      string string_value = 1;
      bool bool_value = 2;
      int64 int_value = 3;
      double double_value = 4;
      ArrayValue array_value = 5;
    }
  }
  message ArrayValue { repeated AnyValue values = 1; }
`)

function fromProtobuf(body: Buffer): Traces {
  const type = root.lookupType('Traces')
  const traces = type.toObject(type.decode(body), { longs: Number, arrays: true }) as Traces
  for (const { spans } of traces.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans)) {
    for (const span of spans) {
      span.traceId = hex(span.traceId)
      span.spanId = hex(span.spanId)
      span.parentSpanId = hex(span.parentSpanId)
    }
  }
  return traces
}

const hex = (bytes: unknown): string => Buffer.from((bytes ?? []) as Uint8Array).toString('hex')
