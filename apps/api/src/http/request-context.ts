import { randomBytes, randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import fastifyPlugin from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyRequest {
    /** W3C trace context for what the request causes: the caller's trace, our span. */
    traceparent: string
  }
}

const REQUEST_ID = /^[A-Za-z0-9._-]{8,64}$/
/** Version 00 has four parts, later ones may have more. */
const TRACEPARENT = /^(?!ff|00-.{52}-)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?$/

/** The caller's `X-Request-Id` when it is a sane one, else a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const sent = request.headers['x-request-id']
  return typeof sent === 'string' && REQUEST_ID.test(sent) ? sent : randomUUID()
}

/** Continues the caller's trace with a span of ours; without one, or with a broken one, begins a trace. */
export function continueTrace(sent: string | string[] | undefined): string {
  const [, traceId = randomBytes(16).toString('hex'), flags = '00'] =
    (typeof sent === 'string' ? TRACEPARENT.exec(sent) : undefined) ?? []
  return `00-${traceId}-${randomBytes(8).toString('hex')}-${flags}`
}

/** The ids by which one request is found again in answers and logs. */
export const requestContext = fastifyPlugin(
  async (app: FastifyInstance) => {
    app.decorateRequest('traceparent', '')

    app.addHook('onRequest', async (request, reply) => {
      request.traceparent = continueTrace(request.headers.traceparent)
      const { runId } = request.params as { runId?: string }
      const { node } = request.query as { node?: unknown }
      request.log = request.log.child({
        traceId: request.traceparent.split('-')[1],
        ...(runId !== undefined && { runId }),
        ...(typeof node === 'string' && { node }),
      })
      reply.headers(contextHeaders(request))
    })

    app.addHook('onResponse', async (request, reply) => {
      const { method } = request
      request.log.info(
        { method, route: request.routeOptions.url, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
        'answered',
      )
    })
  },
  { name: 'request-context' },
)

/** What every answer carries, also one that is written past Fastify. */
export const contextHeaders = (request: { id: string; traceparent: string }): Record<string, string> => ({
  'x-request-id': request.id,
  traceparent: request.traceparent,
  'x-content-type-options': 'nosniff',
})
