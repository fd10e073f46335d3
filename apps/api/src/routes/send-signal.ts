import type { Json, Path, RunId } from '@treadle/contract'
import type { RunStore } from '@treadle/storage'
import type { FastifyPluginAsync } from 'fastify'
import { answerOnce, IDEMPOTENCY_HEADERS } from '../http/idempotency.ts'
import { answer, problemAnswers, RUN_ID_PARAMS, ref } from '../openapi/refs.ts'
import type { createDeliverSignal } from '../runs/deliver-signal.ts'

export type SendSignalRouteParts = { deliverSignal: ReturnType<typeof createDeliverSignal>; runs: RunStore }

export const sendSignalRoute: FastifyPluginAsync<SendSignalRouteParts> = async (app, { deliverSignal, runs }) => {
  app.post<{ Params: { runId: RunId; name: string }; Querystring: { node?: Path }; Body: Json | undefined }>(
    '/runs/:runId/signals/:name',
    {
      config: { optionalBody: true },
      schema: {
        operationId: 'sendSignal',
        tags: ['control'],
        summary: 'Send a signal to a run',
        description:
          'To the oldest `receive` of that name that waits, or to the one at `node`; with none waiting it is kept for a later one. The body is the payload.',
        params: {
          type: 'object',
          required: ['runId', 'name'],
          properties: { ...RUN_ID_PARAMS.properties, name: { type: 'string', minLength: 1, maxLength: 200 } },
        },
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            node: {
              type: 'string',
              minLength: 1,
              maxLength: 2_048,
              description: 'The path of a `receive` that waits.',
            },
          },
        },
        headers: IDEMPOTENCY_HEADERS,
        body: { description: 'The payload: it has to fit the `outputSchema` of the `receive`. Nothing: null.' },
        response: {
          202: answer('It is in the log.', ref('run.v1', 'SignalAccepted')),
          ...problemAnswers(
            'malformed-request',
            'not-found',
            'run-ended',
            'idempotency-conflict',
            'too-large',
            'unsupported-media-type',
            'invalid-signal',
            'idempotency-mismatch',
          ),
        },
      },
    },
    (request, reply) =>
      answerOnce(runs, request, reply, (key) => {
        const { tenant, params, query, body } = request
        return deliverSignal({ tenant, ...params, node: query.node, payload: body ?? null, key })
      }),
  )
}
