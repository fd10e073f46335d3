import type { RunId, StreamTicket } from '@treadle/contract'
import type { KeyStore, RunStore } from '@treadle/storage'
import type { FastifyPluginAsync } from 'fastify'
import { newTicket } from '../auth/api-key.ts'
import { problem } from '../http/problem.ts'
import { answer, problemAnswers, RUN_ID_PARAMS, ref } from '../openapi/refs.ts'

export type StreamTicketParts = { runs: Pick<RunStore, 'get'>; keys: Pick<KeyStore, 'addTicket'> }

const VALID_MS = 60_000

export const createStreamTicketRoute: FastifyPluginAsync<StreamTicketParts> = async (app, { runs, keys }) => {
  app.post<{ Params: { runId: RunId } }>(
    '/runs/:runId/stream-tickets',
    {
      config: { access: 'runs:read', optionalBody: true },
      schema: {
        operationId: 'createStreamTicket',
        tags: ['streams'],
        summary: 'Get a ticket for the stream of a run',
        description:
          'For the `EventSource` of a browser, which cannot send a key: it opens this stream for 60 s, and nothing else. It takes no Idempotency-Key, since the ticket is kept nowhere: ask again, and get another one.',
        params: RUN_ID_PARAMS,
        response: {
          201: answer('The ticket.', ref('api.v1', 'StreamTicket')),
          ...problemAnswers('malformed-request', 'not-found'),
        },
      },
    },
    async (request, reply) => {
      const { tenant } = request
      const { runId } = request.params
      if (!(await runs.get(tenant, runId))) throw problem('not-found', `There is no run ${runId}.`)
      const { ticket, sha256 } = newTicket()
      const { expiresAt } = await keys.addTicket({ tenant, runId, sha256, validMs: VALID_MS })
      const created: StreamTicket = { ticket, url: `/runs/${runId}/stream?ticket=${ticket}`, expiresAt }
      return reply.code(201).header('cache-control', 'no-store').send(created)
    },
  )
}
