import type { RunId } from '@treadle/contract'
import type { EventLog, RunStore } from '@treadle/storage'
import type { FastifyPluginAsync } from 'fastify'
import { problemAnswers, RUN_ID } from '../openapi/refs.ts'
import { answerStream, STREAM_ANSWERS, STREAM_HEADERS, STREAM_QUERY } from '../stream/answer-stream.ts'
import { startOfStream } from '../stream/stream-start.ts'
import type { Streams } from '../stream/streams.ts'

/** On one stream. */
const RUNS_MAX = 100

type StreamRouteParts = { runs: Pick<RunStore, 'head'>; log: Pick<EventLog, 'read'>; streams: Streams }

export const streamRunsRoute: FastifyPluginAsync<StreamRouteParts> = async (app, { runs, log, streams }) => {
  app.get<{ Querystring: { runId: RunId[] } }>(
    '/stream',
    {
      exposeHeadRoute: false,
      schema: {
        operationId: 'streamRuns',
        tags: ['streams'],
        summary: 'Follow several runs at once',
        description:
          'One stream of all of them. The `id` of an event is then one opaque cursor for all, good for the same runs in the same order.',
        headers: STREAM_HEADERS,
        querystring: {
          type: 'object',
          additionalProperties: false,
          required: ['runId'],
          properties: {
            runId: {
              type: 'array',
              items: { type: RUN_ID.type, pattern: RUN_ID.pattern },
              minItems: 1,
              maxItems: RUNS_MAX,
              uniqueItems: true,
              description: 'Repeated, once for each run.',
              examples: [RUN_ID.examples],
            },
            ...STREAM_QUERY,
          },
        },
        response: {
          ...STREAM_ANSWERS,
          ...problemAnswers('malformed-request', 'future-cursor', 'not-found', 'stream-gone'),
        },
      },
    },
    async (request, reply) =>
      answerStream(
        streams,
        request,
        reply,
        await startOfStream({ runs, log }, request.tenant, request.query.runId, request),
      ),
  )
}
