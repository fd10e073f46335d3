import type { RunId } from '@treadle/contract'
import type { RunStore } from '@treadle/storage'
import type { FastifyPluginAsync } from 'fastify'
import { ETAG, IF_NONE_MATCH, sendTagged } from '../http/conditions.ts'
import { problem } from '../http/problem.ts'
import { answer, problemAnswers, RUN_ID_PARAMS, ref } from '../openapi/refs.ts'
import { runView } from '../runs/run-view.ts'

export const getRunRoute: FastifyPluginAsync<{ runs: Pick<RunStore, 'get'> }> = async (app, { runs }) => {
  app.get<{ Params: { runId: RunId } }>(
    '/runs/:runId',
    {
      schema: {
        operationId: 'getRun',
        tags: ['runs'],
        summary: 'Get a run',
        params: RUN_ID_PARAMS,
        headers: {
          type: 'object',
          properties: { 'if-none-match': IF_NONE_MATCH },
        },
        response: {
          200: answer('The run.', ref('run.v1'), ETAG),
          304: { description: 'It is as it was.', type: 'null' },
          ...problemAnswers('malformed-request', 'not-found'),
        },
      },
    },
    async (request, reply) => {
      const { runId } = request.params
      const row = await runs.get(request.tenant, runId)
      if (!row) throw problem('not-found', `There is no run ${runId}.`)
      return sendTagged(request, reply, runView(row), 'private, no-cache')
    },
  )
}
