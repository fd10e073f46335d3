import type { FastifyInstance } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { problem } from './problem.ts'

/** A body has to be there in time, on every route but those that read it as it comes. */
export const requestTimeout = fastifyPlugin(
  async (app: FastifyInstance, { timeoutMs }: { timeoutMs: number }) => {
    app.addHook('onRequest', async ({ raw, routeOptions }) => {
      if (routeOptions.config?.streamsBody || raw.complete) return
      const late = problem('malformed-request', 'The request did not arrive in time.')
      const timer = setTimeout(() => raw.destroy(late), timeoutMs)
      for (const end of ['end', 'close'] as const) raw.once(end, () => clearTimeout(timer))
    })
  },
  { name: 'request-timeout' },
)
