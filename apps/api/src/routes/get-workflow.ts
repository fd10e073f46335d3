import type { Json, WorkflowPage, WorkflowVersionPage } from '@treadle/contract'
import type { WorkflowStore } from '@treadle/storage'
import type { FastifyPluginAsync } from 'fastify'
import { ETAG, IF_NONE_MATCH, sendTagged } from '../http/conditions.ts'
import { PAGE_QUERY, pageOf, readCursor, writeCursor } from '../http/cursor.ts'
import { problem } from '../http/problem.ts'
import { answer, problemAnswers, ref } from '../openapi/refs.ts'
import { VERSION_PARAMS, WORKFLOW_PARAMS } from '../openapi/workflow-params.ts'
import { versionView, versionWithDocument, workflowView } from '../workflows/workflow-view.ts'

type Page = { limit: number; cursor?: string }

const QUERY = { type: 'object', additionalProperties: false, properties: PAGE_QUERY } as const
const HEADERS = { type: 'object', properties: { 'if-none-match': IF_NONE_MATCH } } as const
const UNCHANGED = { 304: { description: 'It is as it was.', type: 'null' } } as const

/** What is stored: workflows, the versions of one, and one version with its document. */
export const getWorkflowRoutes: FastifyPluginAsync<{ workflows: WorkflowStore }> = async (app, { workflows }) => {
  app.get<{ Querystring: Page }>(
    '/workflows',
    {
      config: { access: 'workflows:read' },
      schema: {
        operationId: 'listWorkflows',
        tags: ['workflows'],
        summary: 'List stored workflows, by name',
        querystring: QUERY,
        response: {
          200: answer('A page of workflows.', ref('api.v1', 'WorkflowPage')),
          ...problemAnswers('malformed-request'),
        },
      },
    },
    async (request, reply): Promise<WorkflowPage> => {
      const { limit, cursor } = request.query
      const after = cursor === undefined ? undefined : readCursor(cursor, 'workflows', isText)
      const found = await workflows.list(request.tenant, { ...(after !== undefined && { after }), limit: limit + 1 })
      const { rows, ...next } = pageOf(found, limit, ({ name }) => writeCursor(name, 'workflows'))
      reply.header('cache-control', 'no-store')
      return { items: rows.map(workflowView), ...next }
    },
  )

  app.get<{ Params: { name: string } }>(
    '/workflows/:name',
    {
      config: { access: 'workflows:read' },
      schema: {
        operationId: 'getWorkflow',
        tags: ['workflows'],
        summary: 'Get a stored workflow',
        params: WORKFLOW_PARAMS,
        headers: HEADERS,
        response: {
          200: answer('The workflow.', ref('api.v1', 'Workflow'), ETAG),
          ...UNCHANGED,
          ...problemAnswers('malformed-request', 'not-found'),
        },
      },
    },
    async (request, reply) => {
      const workflow = await workflows.get(request.tenant, request.params.name)
      if (!workflow) throw noWorkflow(request.params.name)
      return sendTagged(request, reply, workflowView(workflow), 'private, no-cache')
    },
  )

  app.get<{ Params: { name: string }; Querystring: Page }>(
    '/workflows/:name/versions',
    {
      config: { access: 'workflows:read' },
      schema: {
        operationId: 'listWorkflowVersions',
        tags: ['workflows'],
        summary: 'List the versions of a workflow, newest first',
        params: WORKFLOW_PARAMS,
        querystring: QUERY,
        response: {
          200: answer('A page of versions.', ref('api.v1', 'WorkflowVersionPage')),
          ...problemAnswers('malformed-request', 'not-found'),
        },
      },
    },
    async (request, reply): Promise<WorkflowVersionPage> => {
      const { name } = request.params
      const { limit, cursor } = request.query
      const list = { versionsOf: name }
      const before = cursor === undefined ? undefined : readCursor(cursor, list, isVersion)
      const page = { ...(before !== undefined && { before }), limit: limit + 1 }
      const found = await workflows.versions(request.tenant, name, page)
      if (!found) throw noWorkflow(name)
      const { rows, ...next } = pageOf(found, limit, ({ version }) => writeCursor(version, list))
      reply.header('cache-control', 'no-store')
      return { items: rows.map(versionView), ...next }
    },
  )

  app.get<{ Params: { name: string; version: string } }>(
    '/workflows/:name/versions/:version',
    {
      config: { access: 'workflows:read' },
      schema: {
        operationId: 'getWorkflowVersion',
        tags: ['workflows'],
        summary: 'Get a version of a workflow, with its document',
        params: VERSION_PARAMS,
        headers: HEADERS,
        response: {
          200: answer('The version.', ref('api.v1', 'WorkflowVersion'), ETAG),
          ...UNCHANGED,
          ...problemAnswers('malformed-request', 'not-found'),
        },
      },
    },
    async (request, reply) => {
      const { name, version } = request.params
      const stored = await workflows.version(request.tenant, name, version)
      if (!stored) throw problem('not-found', `The workflow ${name} has no version ${version}.`)
      const keeps = /^\d+$/.test(version) ? 'private, max-age=31536000, immutable' : 'private, no-cache'
      return sendTagged(request, reply, versionWithDocument(stored) as { document?: Json }, keeps)
    },
  )
}

const noWorkflow = (name: string) => problem('not-found', `There is no workflow ${name}.`)

const isText = (place: unknown): place is string => typeof place === 'string'

const isVersion = (place: unknown): place is number => Number.isSafeInteger(place) && Number(place) < 1_000_000_000
