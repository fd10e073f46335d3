import type { WorkflowRow } from '@treadle/storage'
import type { FastifyPluginAsync } from 'fastify'
import type { CompileDocument } from '../documents/compile-document.ts'
import { DOCUMENT_BODY, readDocument } from '../documents/read-document.ts'
import { CHANGE_HEADERS, changedSince, ETAG, etagOf, mayChange } from '../http/conditions.ts'
import { answer, problemAnswers, ref } from '../openapi/refs.ts'
import { WORKFLOW_PARAMS } from '../openapi/workflow-params.ts'
import type { createStoreWorkflow } from '../workflows/store-workflow.ts'
import { versionView, workflowView } from '../workflows/workflow-view.ts'

export type PutWorkflowRouteParts = {
  compile: CompileDocument
  storeWorkflow: ReturnType<typeof createStoreWorkflow>
}

/** Labels that one request may move. */
const LABELS_MAX = 20

export const putWorkflowRoute: FastifyPluginAsync<PutWorkflowRouteParts> = async (app, { compile, storeWorkflow }) => {
  app.put<{ Params: { name: string }; Querystring: { label?: string[] } }>(
    '/workflows/:name',
    {
      config: { ...DOCUMENT_BODY, access: 'workflows:write' },
      schema: {
        operationId: 'putWorkflow',
        tags: ['workflows'],
        summary: 'Store a version of a workflow',
        description:
          'Checks the document and stores it as the newest version. A version never changes: the same document again, whatever the order of its keys, is the version that it was.',
        params: WORKFLOW_PARAMS,
        headers: CHANGE_HEADERS,
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            label: {
              type: 'array',
              items: ref('api.v1', 'WorkflowLabel'),
              maxItems: LABELS_MAX,
              description: 'A label that moves to this version, in the same step. May be repeated.',
            },
          },
        },
        body: { description: 'The document itself. Its `name` is the workflow’s.', ...ref('ir.v1') },
        response: {
          200: answer('The version that this document has already.', ref('api.v1', 'WorkflowVersion'), HEADERS),
          201: answer('The new version.', ref('api.v1', 'WorkflowVersion'), HEADERS),
          ...problemAnswers(
            'malformed-request',
            'precondition-failed',
            'too-large',
            'unsupported-media-type',
            'invalid-ir',
          ),
        },
      },
    },
    async (request, reply) => {
      const { name } = request.params
      const { text, translated } = await readDocument(compile, request)
      let found: string | undefined
      const result = await storeWorkflow({
        tenant: request.tenant,
        name,
        text,
        translated,
        labels: request.query.label ?? [],
        mayChange: (current) => {
          found = tagOf(current)
          return mayChange(request, found)
        },
      })
      if (result.outcome === 'refused') throw changedSince(found)
      const { outcome, version, workflow } = result
      reply.headers({
        etag: etagOf(workflowView(workflow)),
        location: `/workflows/${name}/versions/${version.version}`,
        'cache-control': 'no-store',
      })
      return reply.code(outcome === 'created' ? 201 : 200).send(versionView(version))
    },
  )
}

const HEADERS = { ...ETAG, Location: { description: 'Where the version is.', type: 'string' } }

const tagOf = (current: WorkflowRow | undefined) => (current ? etagOf(workflowView(current)) : undefined)
