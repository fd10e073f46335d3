import type { PendingPage, RunId } from '@treadle/contract'
import type { RunStore, WaitingRow } from '@treadle/storage'
import type { FastifyPluginAsync } from 'fastify'
import { problem } from '../http/problem.ts'
import { answer, problemAnswers, RUN_ID_PARAMS, ref } from '../openapi/refs.ts'

export const getPendingRoute: FastifyPluginAsync<{ runs: Pick<RunStore, 'get' | 'waiting'> }> = async (
  app,
  { runs },
) => {
  app.get<{ Params: { runId: RunId } }>(
    '/runs/:runId/pending',
    {
      schema: {
        operationId: 'getPending',
        tags: ['runs'],
        summary: 'Get what waits for a person',
        params: RUN_ID_PARAMS,
        response: {
          200: answer('What waits, the longest waiting first.', ref('api.v1', 'PendingPage')),
          ...problemAnswers('malformed-request', 'not-found'),
        },
      },
    },
    async (request, reply): Promise<PendingPage> => {
      const { runId } = request.params
      // The run first: what is listed is at least as new as `asOfSeq` says.
      const run = await runs.get(request.tenant, runId)
      if (!run) throw problem('not-found', `There is no run ${runId}.`)
      const waiting = await runs.waiting(request.tenant, runId)
      reply.header('cache-control', 'no-store')
      return { runId, asOfSeq: run.lastSeq, items: waiting.map(itemOf) }
    },
  )
}

const itemOf = ({ path, schema, ...rest }: WaitingRow): PendingPage['items'][number] => ({
  node: path,
  ...rest,
  ...(schema !== undefined && { schema: schema as Record<string, unknown> | boolean }),
})
