import type { Accepted, Json, Reason, Resume, RunId } from '@treadle/contract'
import type { RunStore } from '@treadle/storage'
import type { FastifyPluginAsync } from 'fastify'
import { answerOnce, IDEMPOTENCY_HEADERS } from '../http/idempotency.ts'
import { answer, problemAnswers, RUN_ID_PARAMS, ref } from '../openapi/refs.ts'
import type { ControlRun } from '../runs/control-run.ts'

type Body = Reason & Resume
type Action = { name: keyof ControlRun; operationId: string; summary: string; description: string; body: object }

const ACTIONS: Action[] = [
  {
    name: 'cancel',
    operationId: 'cancelRun',
    summary: 'Cancel a run',
    description: 'Reaches everything that runs, requests to models included, and ends the run as `cancelled`.',
    body: ref('run.v1', 'Reason'),
  },
  {
    name: 'terminate',
    operationId: 'terminateRun',
    summary: 'End a run at once',
    description: 'Waits for nothing: for a run that `cancel` does not end.',
    body: ref('run.v1', 'Reason'),
  },
  {
    name: 'pause',
    operationId: 'pauseRun',
    summary: 'Pause a run',
    description: 'Nothing new is begun. What runs already comes to its end.',
    body: ref('run.v1', 'Reason'),
  },
  {
    name: 'resume',
    operationId: 'resumeRun',
    summary: 'Resume a paused run',
    description: 'With `limits`, a run that paused because it would have passed one goes on under new ones.',
    body: ref('api.v1', 'Resume'),
  },
]

/** The four ways in which people take hold of a run; they differ in what they call. */
export const controlRunRoutes: FastifyPluginAsync<{ control: ControlRun; runs: RunStore }> = async (
  app,
  { control, runs },
) => {
  for (const { name, operationId, summary, description, body } of ACTIONS) {
    app.post<{ Params: { runId: RunId }; Body: Body }>(
      `/runs/:runId/${name}`,
      {
        config: { optionalBody: true },
        preValidation: async (request) => {
          request.body ??= {} // Nobody has to give a reason.
        },
        schema: {
          operationId,
          tags: ['control'],
          summary,
          description: `${description} Asking again changes nothing.`,
          params: RUN_ID_PARAMS,
          headers: IDEMPOTENCY_HEADERS,
          body,
          response: {
            202: answer('It will be done.', ref('run.v1', 'Accepted')),
            ...problemAnswers(
              'malformed-request',
              'not-found',
              'run-ended',
              'idempotency-conflict',
              'unsupported-media-type',
              'idempotency-mismatch',
            ),
          },
        },
      },
      (request, reply) =>
        answerOnce(runs, request, reply, async (key) => {
          const { reason, limits } = request.body
          const { runId } = request.params
          const accepted: Accepted = await control[name]({
            tenant: request.tenant,
            runId,
            key,
            reason,
            limits,
          })
          return { status: 202, body: accepted as unknown as Json, headers: {} }
        }),
    )
  }
}
