import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { problem } from '../http/problem.ts'
import { eventFilter, listOf } from './filter.ts'
import { FORMATS, type StreamFormat } from './formats/encoder.ts'
import type { StreamStart } from './stream-start.ts'
import type { Streams } from './streams.ts'

export type StreamQuery = { after?: string; types?: string[]; nodes?: string[]; format?: StreamFormat }

/**
 * Answers with a stream from `start`; with 204 where nothing will ever follow, which makes EventSource stop.
 * @throws ProblemAnswer `malformed-request` when `format` does not go with the rest
 */
export function answerStream(
  streams: Streams,
  request: FastifyRequest,
  reply: FastifyReply,
  start: StreamStart,
  headers: Record<string, string> = {},
) {
  const query = request.query as StreamQuery
  const format = query.format ?? 'treadle'
  checkStreamQuery(query, start?.length ?? 1)
  if (!start) return reply.code(204).header('cache-control', 'no-store').send()
  const types = listOf(query.types)
  const nodes = listOf(query.nodes)
  const isWanted = types || nodes ? eventFilter({ ...(types && { types }), ...(nodes && { nodes }) }) : undefined
  reply.hijack() // From here on the response is the stream's.
  void streams.serve(reply.raw, {
    tenant: request.tenant,
    runs: start,
    format,
    filter: isWanted && (format === 'treadle' ? isWanted : (event) => event.type.startsWith('run.') || isWanted(event)),
    headers: { ...(reply.getHeaders() as OutgoingHttpHeaders), ...headers },
  })
  return reply
}

/**
 * Other protocols know one run a stream, and their rules say which events come before which.
 * @throws ProblemAnswer `malformed-request`
 */
export function checkStreamQuery({ format = 'treadle', types }: StreamQuery, runs: number): void {
  if (format === 'treadle') return
  if (types) throw problem('malformed-request', `types= names events of the format treadle, and this is ${format}.`)
  if (runs > 1) throw problem('malformed-request', `A stream in the format ${format} is of one run.`)
}

/** What of a log is shown, and how. */
export const SHOWN_QUERY = {
  types: {
    type: 'array',
    items: { type: 'string', minLength: 1, maxLength: 2_048 },
    maxItems: 100,
    description: 'Only events of these types, separated by commas or repeated. The last event of a run always comes.',
    examples: [['node.delta', 'node.completed']],
  },
  nodes: {
    type: 'array',
    items: { type: 'string', minLength: 1, maxLength: 4_096 },
    maxItems: 100,
    description: 'Only events of these nodes, and of what runs inside of them.',
    examples: [['classify']],
  },
  format: {
    enum: FORMATS,
    default: 'treadle',
    description:
      'The same log, with the same ids, in another protocol: AG-UI, or the events of OpenAI’s Responses API. For one run, and without `types`.',
  },
} as const

export const STREAM_QUERY = {
  after: {
    type: 'string',
    maxLength: 4_096,
    description:
      'Start after this event: the `id` of one, `0` for all, `latest` for live ones only. `Last-Event-ID` wins.',
    examples: ['42'],
  },
  ...SHOWN_QUERY,
} as const

export const STREAM_HEADERS = {
  type: 'object',
  properties: {
    'last-event-id': { type: 'string', maxLength: 4_096, description: 'The `id` of the last event that was seen.' },
  },
} as const

export const STREAM_ANSWERS = {
  200: {
    description: 'The events, as Server-Sent Events: `id`, `event` (the type) and `data` (the envelope, one line).',
    content: { 'text/event-stream': { schema: { type: 'string' } } },
  },
  204: { description: 'The runs have ended at or before that position.', type: 'null' },
} as const
