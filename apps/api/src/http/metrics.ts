import type { FastifyInstance, FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

declare module 'fastify' {
  interface FastifyInstance {
    metrics: Metrics
  }
}

/** What Prometheus reads, with labels of few values: routes, never paths, and no tenant. */
export type Metrics = {
  runsAccepted: Counter<'replayed'>
  /** In the text format of Prometheus. */
  text(): Promise<string>
  contentType: string
}

/** From a cached answer to one that waited for a minute. */
const SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

export const metrics = fastifyPlugin(
  async (app: FastifyInstance) => {
    const registry = new Registry()
    collectDefaultMetrics({ register: registry })
    const registers = [registry]
    const seconds = new Histogram({
      name: 'treadle_http_request_duration_seconds',
      help: 'How long answers took, streams to their end included.',
      labelNames: ['method', 'route', 'status'] as const,
      buckets: SECONDS,
      registers,
    })
    const open = new Gauge({
      name: 'treadle_http_requests_in_progress',
      help: 'Requests that are being answered; of a route that streams, its streams.',
      labelNames: ['route'] as const,
      registers,
    })
    const runsAccepted = new Counter({
      name: 'treadle_runs_accepted_total',
      help: 'Requests that started a run, or repeated one that did.',
      labelNames: ['replayed'] as const,
      registers,
    })
    app.decorate('metrics', {
      runsAccepted,
      text: () => registry.metrics(),
      contentType: registry.contentType,
    })

    app.addHook('onRequest', async (request) => open.inc({ route: routeOf(request) }))
    app.addHook('onResponse', async (request, reply) => {
      const route = routeOf(request)
      open.dec({ route })
      seconds.observe({ method: request.method, route, status: reply.raw.statusCode }, reply.elapsedTime / 1_000)
    })
    app.addHook('onClose', async () => registry.clear())
  },
  { name: 'metrics' },
)

const routeOf = (request: FastifyRequest): string => request.routeOptions.url ?? 'none'
