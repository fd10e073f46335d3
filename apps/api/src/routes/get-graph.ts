import type { RunGraph, RunId } from '@treadle/contract'
import type { RunStore, StateStore } from '@treadle/storage'
import type { FastifyPluginAsync } from 'fastify'
import { problem } from '../http/problem.ts'
import { answer, problemAnswers, RUN_ID_PARAMS, ref } from '../openapi/refs.ts'
import { runGraph } from '../runs/run-graph.ts'

type Parts = { runs: Pick<RunStore, 'planOf'>; state: Pick<StateStore, 'statuses'> }

export const getGraphRoute: FastifyPluginAsync<Parts> = async (app, { runs, state }) => {
  app.get<{ Params: { runId: RunId } }>(
    '/runs/:runId/graph',
    {
      schema: {
        operationId: 'getGraph',
        tags: ['state'],
        summary: 'Get the plan of a run with the status of each node',
        params: RUN_ID_PARAMS,
        response: {
          200: answer('The graph, as of `asOfSeq`.', ref('api.v1', 'RunGraph')),
          ...problemAnswers('malformed-request', 'not-found'),
        },
      },
    },
    async (request, reply): Promise<RunGraph> => {
      const { runId } = request.params
      const [plan, statuses] = [await runs.planOf(request.tenant, runId), await state.statuses(request.tenant, runId)]
      if (!plan || !statuses) throw problem('not-found', `There is no run ${runId}.`)
      reply.header('cache-control', 'no-store')
      return runGraph(plan, statuses)
    },
  )
}
