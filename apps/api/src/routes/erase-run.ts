import type { RunId } from '@treadle/contract'
import type { FastifyPluginAsync } from 'fastify'
import { problem } from '../http/problem.ts'
import { problemAnswers, RUN_ID_PARAMS } from '../openapi/refs.ts'
import type { EraseRun } from '../runs/erase-run.ts'

export const eraseRunRoute: FastifyPluginAsync<{ eraseRun: EraseRun }> = async (app, { eraseRun }) => {
  app.delete<{ Params: { runId: RunId } }>(
    '/runs/:runId',
    {
      schema: {
        operationId: 'eraseRun',
        tags: ['runs'],
        summary: 'Erase a run that has ended',
        description:
          'The run, its log and its values are gone with the answer; blobs that only it referred to are swept within a day. Its forks stay: they have copies.',
        params: RUN_ID_PARAMS,
        response: {
          204: { description: 'It is gone.', type: 'null' },
          ...problemAnswers('malformed-request', 'not-found', 'run-active'),
        },
      },
    },
    async (request, reply) => {
      const { runId } = request.params
      const outcome = await eraseRun(request.tenant, runId)
      if (outcome === 'not-found') throw problem('not-found', `There is no run ${runId}.`)
      if (outcome === 'active') throw problem('run-active', `The run ${runId} has not ended: cancel it first.`)
      request.log.info({ runId }, 'A run was erased')
      return reply.code(204).send()
    },
  )
}
