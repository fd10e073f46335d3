import type { FastifyPluginAsync } from 'fastify'
import { problem } from '../http/problem.ts'
import { answer, problemAnswers, ref } from '../openapi/refs.ts'

/** A part that the API needs, and a look whether it serves; rejects where it does not. */
export type Part = { name: string; check(): Promise<unknown> }

/** A part that does not answer in this time is not there. */
const CHECK_TIMEOUT_MS = 3_000

/** `/healthz`: the process lives. `/readyz`: it can serve. */
export const healthRoutes: FastifyPluginAsync<{ parts: readonly Part[]; isStopping(): boolean }> = async (
  app,
  { parts, isStopping },
) => {
  app.get(
    '/healthz',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'getHealth',
        tags: ['documentation'],
        summary: 'Is the process alive',
        response: { 200: answer('It is.', ref('api.v1', 'Health')), ...problemAnswers() },
      },
    },
    async () => ({ status: 'ok' }),
  )

  app.get(
    '/readyz',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'getReadiness',
        tags: ['documentation'],
        summary: 'Can it serve',
        response: { 200: answer('It can.', ref('api.v1', 'Health')), ...problemAnswers('overloaded') },
      },
    },
    async (request) => {
      if (isStopping()) throw problem('overloaded', 'The server is stopping.')
      if (app.isUnderPressure()) throw problem('overloaded', 'The server is at its limit.')
      const results = await Promise.allSettled(parts.map(({ check }) => within(CHECK_TIMEOUT_MS, check())))
      const missing = parts.filter((_, index) => results[index]?.status === 'rejected').map(({ name }) => name)
      if (missing.length > 0) {
        const causes = results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []))
        request.log.warn({ missing, causes }, 'Not ready')
        throw problem('dependency-unavailable', `Not reachable: ${missing.join(', ')}.`)
      }
      return { status: 'ok' }
    },
  )
}

function within<Value>(timeoutMs: number, work: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
