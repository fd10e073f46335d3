import type { StartRun } from '@treadle/contract'
import type { EventLog, RunStore } from '@treadle/storage'
import type { FastifyPluginAsync } from 'fastify'
import { IDEMPOTENCY_HEADERS, idempotencyKeyOf, sendStored } from '../http/idempotency.ts'
import { acceptsEvents, preferredWait } from '../http/parameters.ts'
import { answer, problemAnswers, ref } from '../openapi/refs.ts'
import { runView } from '../runs/run-view.ts'
import type { createStartRun } from '../runs/start-run.ts'
import { waitForEnd } from '../runs/wait-for-end.ts'
import {
  answerStream,
  checkStreamQuery,
  SHOWN_QUERY,
  STREAM_ANSWERS,
  type StreamQuery,
} from '../stream/answer-stream.ts'
import type { Streams } from '../stream/streams.ts'

export type StartRunRouteParts = {
  startRun: ReturnType<typeof createStartRun>
  runs: RunStore
  log: EventLog
  streams: Streams
}

export const startRunRoute: FastifyPluginAsync<StartRunRouteParts> = async (app, { startRun, runs, log, streams }) => {
  app.post<{ Body: StartRun; Querystring: StreamQuery }>(
    '/runs',
    {
      config: { acceptsYaml: true },
      schema: {
        operationId: 'startRun',
        tags: ['runs'],
        summary: 'Start a run',
        description:
          'Checks the document and the input, and starts the run. `Prefer: wait=N` waits up to 60 s for its end; `Accept: text/event-stream` answers with its stream, of which `types`, `nodes` and `format` say what is shown, and how.',
        headers: {
          type: 'object',
          properties: {
            ...IDEMPOTENCY_HEADERS.properties,
            prefer: {
              type: 'string',
              maxLength: 200,
              description: '`wait=N`: seconds to wait for the end.',
              examples: ['wait=30'],
            },
          },
        },
        querystring: { type: 'object', additionalProperties: false, properties: SHOWN_QUERY },
        body: ref('run.v1', 'StartRun'),
        response: {
          200: {
            description: 'The result, where it ended within the time of `Prefer: wait=N`; or the run’s stream.',
            content: {
              'application/json': { schema: ref('api.v1', 'RunResult') },
              ...STREAM_ANSWERS[200].content,
            },
          },
          201: answer('The run.', ref('run.v1'), LOCATION),
          202: answer('The run, which goes on after the time of `Prefer: wait=N`.', ref('run.v1'), LOCATION),
          ...problemAnswers(
            'malformed-request',
            'not-found',
            'run-exists',
            'idempotency-conflict',
            'too-large',
            'unsupported-media-type',
            'invalid-ir',
            'invalid-input',
            'idempotency-mismatch',
            'quota-exceeded',
          ),
        },
      },
    },
    async (request, reply) => {
      const { tenant, body, traceparent } = request
      const isStreamed = acceptsEvents(request.headers.accept)
      if (isStreamed) checkStreamQuery(request.query, 1) // Before there is a run.
      const started = await startRun({ tenant, body, idempotencyKey: idempotencyKeyOf(request), traceparent })
      const { runId, answer, isReplay } = started
      request.log.info({ runId, isReplay }, 'A run was accepted')
      app.metrics.runsAccepted.inc({ replayed: String(isReplay) })
      const replayed = isReplay ? { 'idempotent-replayed': 'true' } : {}

      if (isStreamed) {
        return answerStream(streams, request, reply, [{ runId, after: 0 }], { ...answer.headers, ...replayed })
      }
      const waitMs = preferredWait(request.headers.prefer)
      if (waitMs === undefined) return sendStored(reply, answer, isReplay)

      const waited = await waitForEnd({ runs, log }, tenant, runId, waitMs)
      reply.headers({ ...answer.headers, ...replayed, 'preference-applied': `wait=${waitMs / 1_000}` })
      if (!waited) return reply.code(202).send(answer.body)
      return 'ended' in waited ? reply.code(200).send(waited.ended) : reply.code(202).send(runView(waited.open))
    },
  )
}

const LOCATION = { Location: { description: 'Where the run is.', type: 'string' } }
