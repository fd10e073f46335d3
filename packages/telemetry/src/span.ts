export type SpanKindName = 'internal' | 'server' | 'client' | 'consumer'

type Attributes = Record<string, string | number | boolean | string[] | undefined>

export type SpanOptions = {
  kind: SpanKindName
  /** W3C trace context of the span that this one is a part of; undefined, or a broken one: it begins a trace. */
  parent: string | undefined
  attributes?: Attributes
}

/** Something that takes time, and is a part of a trace. */
export type Span = {
  /** What the parts of it get as their `parent`. */
  readonly traceparent: string
  set(attributes: Attributes): void
  /** `errorType`: it failed. Only the first end counts. */
  end(errorType?: string): void
}
