import type { Compilation, Json, Validation } from '@treadle/contract'
import type { Translation } from '@treadle/translator'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { CompileDocument } from '../documents/compile-document.ts'
import { problem } from '../http/problem.ts'
import { answer, problemAnswers, ref } from '../openapi/refs.ts'
import type { SampleSpec } from '../runs/specs.ts'

export type CheckDocumentParts = {
  compile: CompileDocument
  sampleSpec: SampleSpec
}

const ROUTE = {
  config: { rawBody: true, acceptsYaml: true },
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
      validatorCompiler: () => () => true, // Whether it is a document is what is asked.
    },
    async (request): Promise<Validation> => {
      const { ok, diagnostics } = read(compile, request)
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
      validatorCompiler: () => () => true,
    },
    async (request): Promise<Compilation> => {
      const translated = read(compile, request)
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

/** @throws ProblemAnswer `malformed-request` for a text that is no document at all, such as half a JSON. */
function read(compile: CompileDocument, request: FastifyRequest): Translation {
  const text = request.body as Json
  if (typeof text !== 'string') throw problem('malformed-request', 'Send the document as the body.')
  const translated = compile.all(text)
  const unreadable = translated.diagnostics.find(({ code }) => UNREADABLE.has(code))
  if (unreadable) {
    const { path, code, message } = unreadable
    throw problem('malformed-request', message, {
      errors: [{ path, code, message }],
      diagnostics: translated.diagnostics,
    })
  }
  return translated
}

/** Findings after which there is nothing to find more in. */
const UNREADABLE = new Set(['syntax', 'too-deep', 'too-large', 'too-many-aliases'])
