import type { RunId } from '@treadle/contract'
import type { EventLog, RunStore } from '@treadle/storage'
import type { FastifyPluginAsync } from 'fastify'
import { waitOf } from '../http/parameters.ts'
import { problem } from '../http/problem.ts'
import { answer, problemAnswers, RUN_ID_PARAMS, ref } from '../openapi/refs.ts'
import { resultView } from '../runs/run-view.ts'
import { waitForEnd } from '../runs/wait-for-end.ts'

export const getResultRoute: FastifyPluginAsync<{ runs: RunStore; log: EventLog }> = async (app, { runs, log }) => {
  app.get<{ Params: { runId: RunId }; Querystring: { wait?: string } }>(
    '/runs/:runId/result',
    {
      schema: {
        operationId: 'getResult',
        tags: ['runs'],
        summary: 'Get the result of a run',
        description: 'A run that failed has a result too: `status` is `failed`, and `error` says why.',
        params: RUN_ID_PARAMS,
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            wait: {
              type: 'string',
              maxLength: 10,
              description: 'How long to wait for the end, at most `60s`.',
              examples: ['30s'],
            },
          },
        },
        response: {
          200: answer('How it ended.', ref('api.v1', 'RunResult')),
          202: answer('It goes on.', ref('api.v1', 'RunResult')),
          ...problemAnswers('malformed-request', 'not-found'),
        },
      },
    },
    async (request, reply) => {
      const { runId } = request.params
      const waitMs = waitOf(request.query.wait, 'wait')
      const waited = await waitForEnd({ runs, log }, request.tenant, runId, waitMs)
      if (!waited) throw problem('not-found', `There is no run ${runId}.`)
      return reply
        .code('ended' in waited ? 200 : 202)
        .header('cache-control', 'no-store')
        .send('ended' in waited ? waited.ended : resultView(waited.open))
    },
  )
}
