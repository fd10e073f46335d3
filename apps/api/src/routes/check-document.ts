import type { Compilation, Validation } from '@treadle/contract'
import type { FastifyPluginAsync } from 'fastify'
import type { CompileDocument } from '../documents/compile-document.ts'
import { DOCUMENT_BODY, readDocument } from '../documents/read-document.ts'
import { answer, problemAnswers, ref } from '../openapi/refs.ts'
import type { SampleSpec } from '../runs/specs.ts'

export type CheckDocumentParts = {
  compile: CompileDocument
  sampleSpec: SampleSpec
}

const ROUTE = {
  config: { ...DOCUMENT_BODY, access: 'workflows:read' },
  body: { description: 'The document itself.', ...ref('ir.v1') },
  problems: problemAnswers('malformed-request', 'too-large', 'unsupported-media-type'),
} as const

/** Findings without a run. The body is the document's text, so that they have lines and columns. */
export const checkDocumentRoutes: FastifyPluginAsync<CheckDocumentParts> = async (app, { compile, sampleSpec }) => {
  app.post(
    '/validate',
    {
      config: ROUTE.config,
      schema: {
        operationId: 'validate',
        tags: ['documents'],
        summary: 'Check a document',
        description: 'Every finding at once, with its place. Nothing is stored.',
        body: ROUTE.body,
        response: { 200: answer('The findings.', ref('api.v1', 'Validation')), ...ROUTE.problems },
      },
    },
    async (request): Promise<Validation> => {
      const { ok, diagnostics } = (await readDocument(compile, request)).translated
      return { ok, diagnostics }
    },
  )

  app.post(
    '/compile',
    {
      config: ROUTE.config,
      schema: {
        operationId: 'compile',
        tags: ['documents'],
        summary: 'Compile a document',
        description:
          'What would be given to Temporal, with the plan in it, and the least and the most that a run can take.',
        body: ROUTE.body,
        response: { 200: answer('The spec, or the findings.', ref('api.v1', 'Compilation')), ...ROUTE.problems },
      },
    },
    async (request): Promise<Compilation> => {
      const { translated } = await readDocument(compile, request)
      const { ok, diagnostics, planHash, bounds } = translated
      if (!ok || !translated.plan) return { ok, diagnostics }
      return {
        ok,
        diagnostics,
        ...(planHash !== undefined && { planHash }),
        spec: sampleSpec(translated.plan),
        ...(bounds !== undefined && { bounds: bounds as Record<string, unknown> }),
      }
    },
  )
}
