import type { Diagnostic, Json, Plan, ProblemError } from '@treadle/contract'
import type { PlanBlob, Translation } from '@treadle/translator'
import { problem } from '../http/problem.ts'

export type CompiledDocument = {
  plan: Plan
  planHash: string
  /** As it was posted. */
  document: string
  /** Texts that the plan names by content. */
  blobs: readonly PlanBlob[]
}

/** Documents to plans. The same document again costs a hash. */
export type CompileDocument = {
  /** Findings and all. `source` is the document's text, or its value. */
  all(source: Json): Translation
  /** @throws ProblemAnswer `invalid-ir` with every finding. */
  orRefuse(source: Json): CompiledDocument
}

/** `translate` remembers what it made of a text. */
export const createCompileDocument = (translate: (text: string) => Translation): CompileDocument => ({
  all: (source) => translate(textOf(source)),
  orRefuse(source) {
    const document = textOf(source)
    const { ok, diagnostics, plan, planHash, blobs = [] } = translate(document)
    if (!ok || !plan || planHash === undefined) throw refusal(diagnostics)
    return { plan, planHash, document, blobs }
  },
})

const textOf = (source: Json): string => (typeof source === 'string' ? source : JSON.stringify(source))

function refusal(diagnostics: Diagnostic[]) {
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  const count = errors.length === 1 ? 'One finding has' : `${errors.length} findings have`
  return problem('invalid-ir', `${count} to be mended before it can run.`, {
    errors: errors.map(({ path, code, message }): ProblemError => ({ path: `/ir${path}`, code, message })),
    diagnostics,
  })
}
