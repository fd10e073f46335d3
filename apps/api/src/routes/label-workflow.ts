import type { MoveLabel } from '@treadle/contract'
import type { WorkflowRow, WorkflowStore } from '@treadle/storage'
import type { FastifyPluginAsync } from 'fastify'
import { crashPoint } from '../crash-points.ts'
import { CHANGE_HEADERS, changedSince, ETAG, etagOf, mayChange } from '../http/conditions.ts'
import { problem } from '../http/problem.ts'
import { answer, problemAnswers, ref } from '../openapi/refs.ts'
import { LABEL_PARAMS } from '../openapi/workflow-params.ts'
import { workflowView } from '../workflows/workflow-view.ts'

type Params = { name: string; label: string }

/** Labels are the names of versions that move: `production` today is another version tomorrow. */
export const labelWorkflowRoutes: FastifyPluginAsync<{ workflows: WorkflowStore }> = async (app, { workflows }) => {
  app.put<{ Params: Params; Body: MoveLabel }>(
    '/workflows/:name/labels/:label',
    {
      config: { access: 'workflows:write' },
      schema: {
        operationId: 'putWorkflowLabel',
        tags: ['workflows'],
        summary: 'Move a label to a version',
        description:
          'Runs that were started by the label keep the version that they began with. `If-Match` takes the `ETag` of the workflow.',
        params: LABEL_PARAMS,
        headers: CHANGE_HEADERS,
        body: ref('api.v1', 'MoveLabel'),
        response: {
          200: answer('The workflow.', ref('api.v1', 'Workflow'), ETAG),
          201: answer('The workflow, with a new label.', ref('api.v1', 'Workflow'), ETAG),
          ...problemAnswers('malformed-request', 'not-found', 'precondition-failed', 'unsupported-media-type'),
        },
      },
    },
    async (request, reply) => {
      const { name, label } = request.params
      const { version } = request.body
      let found: string | undefined
      const result = await workflows.setLabel(request.tenant, {
        name,
        label,
        version,
        mayChange: (current) => {
          found = tagOf(current)
          return mayChange(request, found)
        },
      })
      crashPoint('label.moved')
      if (result.outcome === 'not-found') throw problem('not-found', `The workflow ${name} has no version ${version}.`)
      if (result.outcome === 'refused') throw changedSince(found)
      const answer = workflowView(result.workflow)
      reply.headers({ etag: etagOf(answer), 'cache-control': 'no-store' })
      return reply.code(result.isNew ? 201 : 200).send(answer)
    },
  )

  app.delete<{ Params: Params }>(
    '/workflows/:name/labels/:label',
    {
      config: { access: 'workflows:write' },
      schema: {
        operationId: 'deleteWorkflowLabel',
        tags: ['workflows'],
        summary: 'Take a label away',
        params: LABEL_PARAMS,
        response: {
          204: { description: 'It is gone. Its version stays.', type: 'null' },
          ...problemAnswers('malformed-request', 'not-found'),
        },
      },
    },
    async (request, reply) => {
      const { name, label } = request.params
      const wasThere = await workflows.removeLabel(request.tenant, name, label)
      if (!wasThere) throw problem('not-found', `The workflow ${name} has no label ${label}.`)
      return reply.code(204).send()
    },
  )
}

const tagOf = (current: WorkflowRow | undefined) => (current ? etagOf(workflowView(current)) : undefined)
