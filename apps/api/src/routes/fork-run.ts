import type { ForkRun, RunId } from '@treadle/contract'
import type { FastifyPluginAsync } from 'fastify'
import type { createForkRun } from '../forks/fork-run.ts'
import { IDEMPOTENCY_HEADERS, idempotencyKeyOf, sendStored } from '../http/idempotency.ts'
import { answer, problemAnswers, RUN_ID_PARAMS, ref } from '../openapi/refs.ts'

const ROUTES = [
  {
    name: 'fork',
    operationId: 'forkRun',
    summary: 'Start a new run from a point of another one',
    description:
      'What the run had done up to there is taken over (`node.reused`): it is not executed again and costs nothing. The rest is executed. The old run does not change.',
    body: ref('run.v1', 'ForkRun'),
  },
  {
    name: 'rerun',
    operationId: 'rerun',
    summary: 'Run again what failed',
    description:
      'A fork of a run that has ended, from its end: what completed is taken over, what failed or was cancelled is executed again.',
    body: ref('run.v1', 'Rerun'),
  },
] as const

export const forkRunRoutes: FastifyPluginAsync<{ forkRun: ReturnType<typeof createForkRun> }> = async (
  app,
  { forkRun },
) => {
  for (const { name, operationId, summary, description, body } of ROUTES) {
    app.post<{ Params: { runId: RunId }; Body: Partial<ForkRun> }>(
      `/runs/:runId/${name}`,
      {
        config: { optionalBody: name === 'rerun' },
        preValidation: async (request) => {
          if (name === 'rerun') request.body ??= {}
        },
        schema: {
          operationId,
          tags: ['state'],
          summary,
          description,
          params: RUN_ID_PARAMS,
          headers: IDEMPOTENCY_HEADERS,
          body,
          response: {
            201: answer('The new run.', ref('run.v1'), {
              Location: { description: 'Where the run is.', type: 'string' },
            }),
            ...problemAnswers(
              'malformed-request',
              'not-found',
              'run-active',
              'idempotency-conflict',
              'too-large',
              'unsupported-media-type',
              'invalid-ir',
              'invalid-input',
              'idempotency-mismatch',
            ),
          },
        },
      },
      async (request, reply) => {
        const { tenant, body } = request
        const { runId } = request.params
        const { answer, isReplay } = await forkRun({ tenant, runId, body, idempotencyKey: idempotencyKeyOf(request) })
        request.log.info({ runId, isReplay }, 'A run was forked')
        return sendStored(reply, answer, isReplay)
      },
    )
  }
}
