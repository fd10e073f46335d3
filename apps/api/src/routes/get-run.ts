import type { RunId } from '@treadle/contract'
import type { RunStore } from '@treadle/storage'
import type { FastifyPluginAsync } from 'fastify'
import { sha256 } from '../http/canonical-json.ts'
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
          properties: {
            'if-none-match': { type: 'string', maxLength: 1_000, description: 'An `ETag` that was seen.' },
          },
        },
        response: {
          200: answer('The run.', ref('run.v1'), {
            ETag: { description: 'Changes with the run.', type: 'string' },
          }),
          304: { description: 'It is as it was.', type: 'null' },
          ...problemAnswers('malformed-request', 'not-found'),
        },
      },
    },
    async (request, reply) => {
      const { runId } = request.params
      const row = await runs.get(request.tenant, runId)
      if (!row) throw problem('not-found', `There is no run ${runId}.`)
      const run = runView(row)
      const etag = `"${sha256(JSON.stringify(run)).slice(0, 32)}"`
      reply.headers({ etag, 'cache-control': 'private, no-cache' })
      return matches(request.headers['if-none-match'], etag) ? reply.code(304).send() : run
    },
  )
}

/** RFC 9110 §13.1.2: a list of tags, compared weakly, or `*`. */
const matches = (header: string | undefined, etag: string): boolean =>
  (header ?? '').split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag)
