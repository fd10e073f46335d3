import type { PendingPage, RunId } from '@treadle/contract'
import type { BlobStore, RunStore, WaitingRow } from '@treadle/storage'
import type { FastifyPluginAsync } from 'fastify'
import { problem } from '../http/problem.ts'
import { answer, problemAnswers, RUN_ID_PARAMS, ref } from '../openapi/refs.ts'
import { createResolveValues } from '../runs/resolve-values.ts'

type Parts = { runs: Pick<RunStore, 'get' | 'waiting'>; blobs: Pick<BlobStore, 'get'> }

export const getPendingRoute: FastifyPluginAsync<Parts> = async (app, { runs, blobs }) => {
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
      // Who decides has to see the whole call, however large its arguments are.
      const resolve = createResolveValues(blobs)
      const items: PendingPage['items'] = []
      for (const { detail, ...row } of waiting) {
        const shown = detail === undefined ? {} : { detail: await resolve(request.tenant, detail) }
        items.push({ ...itemOf(row), ...shown })
      }
      return { runId, asOfSeq: run.lastSeq, items }
    },
  )
}

const itemOf = ({ path, schema, ...rest }: WaitingRow): PendingPage['items'][number] => ({
  node: path,
  ...rest,
  ...(schema !== undefined && { schema: schema as Record<string, unknown> | boolean }),
})
