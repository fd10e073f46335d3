import type { RunId } from '@treadle/contract'
import type { EventLog, RunStore } from '@treadle/storage'
import type { FastifyPluginAsync } from 'fastify'
import { problemAnswers, RUN_ID_PARAMS } from '../openapi/refs.ts'
import { answerStream, STREAM_ANSWERS, STREAM_HEADERS, STREAM_QUERY } from '../stream/answer-stream.ts'
import { startOfStream } from '../stream/stream-start.ts'
import type { Streams } from '../stream/streams.ts'

type StreamRouteParts = { runs: Pick<RunStore, 'head'>; log: Pick<EventLog, 'read'>; streams: Streams }

export const streamRunRoute: FastifyPluginAsync<StreamRouteParts> = async (app, { runs, log, streams }) => {
  app.get<{ Params: { runId: RunId } }>(
    '/runs/:runId/stream',
    {
      exposeHeadRoute: false,
      config: { takesTicket: true },
      schema: {
        operationId: 'streamRun',
        tags: ['streams'],
        summary: 'Follow a run',
        description:
          'What is stored first, then what happens, to the last event. Reconnect with `Last-Event-ID`: nothing is missed, nothing comes twice.',
        params: RUN_ID_PARAMS,
        headers: STREAM_HEADERS,
        querystring: { type: 'object', additionalProperties: false, properties: { ...STREAM_QUERY, ticket: TICKET } },
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
        await startOfStream({ runs, log }, request.tenant, [request.params.runId], request),
      ),
  )
}

const TICKET = {
  type: 'string',
  maxLength: 100,
  description: 'In place of a key: from `POST /runs/{runId}/stream-tickets`.',
} as const
