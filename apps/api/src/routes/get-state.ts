import type { Json, RunId } from '@treadle/contract'
import type { RunStore } from '@treadle/storage'
import type { FastifyPluginAsync } from 'fastify'
import { problem } from '../http/problem.ts'
import { answer, problemAnswers, RUN_ID_PARAMS, ref } from '../openapi/refs.ts'

export const getStateRoute: FastifyPluginAsync<{ runs: Pick<RunStore, 'state'> }> = async (app, { runs }) => {
  app.get<{ Params: { runId: RunId } }>(
    '/runs/:runId/state',
    {
      schema: {
        operationId: 'getState',
        tags: ['runs'],
        summary: 'Get the values of a run by node path',
        params: RUN_ID_PARAMS,
        response: {
          200: answer('The state, as of `asOfSeq`.', ref('run.v1', 'RunState')),
          ...problemAnswers('malformed-request', 'not-found'),
        },
      },
    },
    async (request, reply): Promise<Json> => {
      const { runId } = request.params
      const state = await runs.state(request.tenant, runId)
      if (!state) throw problem('not-found', `There is no run ${runId}.`)
      reply.header('cache-control', 'no-store')
      return state as unknown as Json
    },
  )
}
