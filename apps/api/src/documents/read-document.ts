import type { TenantId } from '@treadle/contract'
import type { Translation } from '@treadle/translator'
import type { FastifyRequest } from 'fastify'
import { problem } from '../http/problem.ts'
import type { CompileDocument } from './compile-document.ts'

/** A route whose body is a document: it gets the text as it was sent, so that findings have lines and columns. */
export const DOCUMENT_BODY = { rawBody: true, acceptsYaml: true } as const

/**
 * The text of a request that is a document, and what was found in it.
 * @throws ProblemAnswer `malformed-request` for a text that is no document at all, such as half a JSON.
 */
export async function readDocument(
  compile: CompileDocument,
  request: FastifyRequest & { tenant: TenantId },
): Promise<{ text: string; translated: Translation }> {
  const text = request.body
  if (typeof text !== 'string') throw problem('malformed-request', 'Send the document as the body.')
  const translated = await compile.all(request.tenant, text)
  const unreadable = translated.diagnostics.find(({ code }) => UNREADABLE.has(code))
  if (!unreadable) return { text, translated }
  const { path, code, message } = unreadable
  throw problem('malformed-request', message, {
    errors: [{ path, code, message }],
    diagnostics: translated.diagnostics,
  })
}

/** Findings after which there is nothing to find more in. */
const UNREADABLE = new Set(['syntax', 'too-deep', 'too-large', 'too-many-aliases'])
