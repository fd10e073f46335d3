import type { CheckpointPage, CheckpointState, Json, RunId } from '@treadle/contract'
import { isHandle } from '@treadle/contract'
import type { BlobStore, StateAt, StateStore } from '@treadle/storage'
import type { FastifyPluginAsync } from 'fastify'
import { problem } from '../http/problem.ts'
import { answer, problemAnswers, RUN_ID_PARAMS, ref } from '../openapi/refs.ts'
import { createResolveValues, type ResolveValues } from '../runs/resolve-values.ts'

type Parts = { state: StateStore; blobs: Pick<BlobStore, 'get'> }

/** The points of a run, and its whole state at one. */
export const getCheckpointsRoutes: FastifyPluginAsync<Parts> = async (app, { state, blobs }) => {
  app.get<{ Params: { runId: RunId }; Querystring: { after: number; limit: number } }>(
    '/runs/:runId/checkpoints',
    {
      schema: {
        operationId: 'getCheckpoints',
        tags: ['state'],
        summary: 'Get the checkpoints of a run',
        description: 'Every output that was stored, oldest first: the points that the run can be forked from.',
        params: RUN_ID_PARAMS,
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            after: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 },
            limit: { type: 'integer', minimum: 1, maximum: 1_000, default: 200 },
          },
        },
        response: {
          200: answer('Checkpoints.', ref('api.v1', 'CheckpointPage')),
          ...problemAnswers('malformed-request', 'not-found'),
        },
      },
    },
    async (request, reply): Promise<CheckpointPage> => {
      const { after, limit } = request.query
      const page = await state.checkpoints(request.tenant, request.params.runId, { after, limit })
      if (!page) throw problem('not-found', `There is no run ${request.params.runId}.`)
      reply.header('cache-control', 'no-store')
      return { items: page.items, next: page.items.at(-1)?.seq ?? after }
    },
  )

  app.get<{ Params: { runId: RunId; seq: number }; Querystring: { resolve: boolean } }>(
    '/runs/:runId/checkpoints/:seq',
    {
      schema: {
        operationId: 'getCheckpoint',
        tags: ['state'],
        summary: 'Get the whole state of a run as of an event',
        params: {
          ...RUN_ID_PARAMS,
          required: ['runId', 'seq'],
          properties: {
            ...RUN_ID_PARAMS.properties,
            seq: {
              type: 'integer',
              minimum: 1,
              maximum: 2_147_483_647,
              description: 'Of a checkpoint, or of any event.',
            },
          },
        },
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            resolve: {
              type: 'boolean',
              default: false,
              description:
                'Puts large values in the place of their references: up to 4 MiB each and 16 MiB in all. The others stay references.',
            },
          },
        },
        response: {
          200: answer('The state.', ref('api.v1', 'CheckpointState')),
          ...problemAnswers('malformed-request', 'not-found'),
        },
      },
    },
    async (request, reply): Promise<CheckpointState> => {
      const { runId, seq } = request.params
      const found = await state.at(request.tenant, runId, seq)
      if (!found) throw problem('not-found', `There is no run ${runId} that has come to event ${seq}.`)
      reply.header('cache-control', 'no-store')
      const resolve: ResolveValues = request.query.resolve ? createResolveValues(blobs) : async (_, value) => value
      return stateView(found, (value) => resolve(request.tenant, value))
    },
  )
}

async function stateView({ runId, seq, input, nodes }: StateAt, resolve: (value: Json) => Promise<Json>) {
  const shown: CheckpointState = { runId, seq, input: await resolve(input), nodes: {} }
  for (const [path, { seq, output }] of Object.entries(nodes)) {
    const value = await resolve(output)
    shown.nodes[path] = { seq, ...(isHandle(value) ? { ref: value.$blob } : { output: value }) }
  }
  return shown
}
