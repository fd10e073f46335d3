import type { RunId } from '@treadle/contract'
import type { EventLog } from '@treadle/storage'
import type { FastifyPluginAsync } from 'fastify'
import { problem } from '../http/problem.ts'
import { answer, problemAnswers, RUN_ID_PARAMS, ref } from '../openapi/refs.ts'
import { SHOWN_QUERY } from '../stream/answer-stream.ts'
import { eventFilter, listOf } from '../stream/filter.ts'

type Query = { after: number; limit: number; types?: string[]; nodes?: string[] }

export const getEventsRoute: FastifyPluginAsync<{ log: Pick<EventLog, 'read'> }> = async (app, { log }) => {
  app.get<{ Params: { runId: RunId }; Querystring: Query }>(
    '/runs/:runId/events',
    {
      schema: {
        operationId: 'getEvents',
        tags: ['streams'],
        summary: 'Get the event log of a run, page by page',
        params: RUN_ID_PARAMS,
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            after: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 },
            limit: {
              type: 'integer',
              minimum: 1,
              maximum: 1_000,
              default: 200,
              description: 'Events that are looked at.',
            },
            types: SHOWN_QUERY.types,
            nodes: SHOWN_QUERY.nodes,
          },
        },
        response: {
          200: answer('Events, oldest first.', ref('api.v1', 'EventPage')),
          ...problemAnswers('malformed-request', 'not-found'),
        },
      },
    },
    async (request, reply) => {
      const { after, limit } = request.query
      const types = listOf(request.query.types)
      const nodes = listOf(request.query.nodes)
      const page = await log.read(request.tenant, request.params.runId, { after, limit })
      if (!page) throw problem('not-found', `There is no run ${request.params.runId}.`)
      const isWanted = eventFilter({ ...(types && { types }), ...(nodes && { nodes }) })
      const items = page.events.filter(isWanted).map(({ json }) => json)
      const next = page.events.at(-1)?.seq ?? after
      reply.headers({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' })
      // The envelopes are JSON already.
      return reply.send(`{"items":[${items.join(',')}],"next":${next},"ended":${page.ended && next >= page.lastSeq}}`)
    },
  )
}
