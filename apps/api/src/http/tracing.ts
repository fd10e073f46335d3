import type { Span, Tracing } from '@treadle/telemetry'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'

export type TracingOptions = { tracing: Tracing | undefined }

/** One span a request, which everything that the request causes is a part of. Names its route, never its path: that may hold a ticket. */
export const requestTracing = fastifyPlugin<TracingOptions>(
  async (app: FastifyInstance, { tracing }) => {
    if (!tracing) return
    const spans = new WeakMap<FastifyRequest, Span>()

    app.addHook('onRequest', async (request, reply) => {
      const route = request.routeOptions.url
      const span = tracing.start(`${request.method}${route === undefined ? '' : ` ${route}`}`, {
        kind: 'server',
        parent: String(request.headers.traceparent),
        attributes: {
          'http.request.method': request.method,
          'http.route': route,
          'treadle.request.id': request.id,
          'treadle.run.id': (request.params as { runId?: string }).runId,
        },
      })
      spans.set(request, span)
      request.traceparent = span.traceparent
      request.log = request.log.child({ traceId: span.traceparent.split('-')[1] })
      reply.header('traceparent', span.traceparent)
    })

    app.addHook('onResponse', async (request, reply) => {
      const { statusCode } = reply.raw
      const span = spans.get(request)
      span?.set({ 'http.response.status_code': statusCode })
      span?.end(statusCode >= 500 ? String(statusCode) : undefined)
    })
  },
  { name: 'request-tracing', dependencies: ['request-context'] },
)
