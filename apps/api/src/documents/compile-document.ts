import type { Diagnostic, Json, Plan, ProblemError } from '@treadle/contract'
import { sha256 } from '../http/canonical-json.ts'
import { problem } from '../http/problem.ts'
import { createLru } from '../lru.ts'

/** What the translator makes of a document; `plan` is there when `ok`. */
export type Translated = {
  ok: boolean
  diagnostics: Diagnostic[]
  plan?: Plan
  planHash?: string
  bounds?: unknown
  /** Texts that the plan names by content. */
  blobs?: readonly { json: string }[]
}

export type Translate = (document: string | Json) => Translated

export type CompiledDocument = { plan: Plan; planHash: string; document: string; blobs: readonly { json: string }[] }

/** Documents to plans. The same document again costs a hash. */
export type CompileDocument = {
  /** Findings and all. `source` is the document's text, or its value. */
  all(source: string | Json): Translated
  /** @throws ProblemAnswer `invalid-ir` with every finding. */
  orRefuse(source: string | Json): CompiledDocument
}

/** Compiled documents that are kept. A plan is at most 1 MiB, most are a few KiB. */
const KEPT = 200

export function createCompileDocument(translate: Translate): CompileDocument {
  const translated = createLru<Translated>(KEPT)
  const all = (source: string | Json): Translated => {
    const text = textOf(source)
    return translated.getOr(sha256(typeof source, text), () => translate(source))
  }
  return {
    all,
    orRefuse(source) {
      const { ok, diagnostics, plan, planHash, blobs = [] } = all(source)
      if (!ok || !plan || planHash === undefined) throw refusal(diagnostics)
      return { plan, planHash, document: textOf(source), blobs }
    },
  }
}

const textOf = (source: string | Json): string => (typeof source === 'string' ? source : JSON.stringify(source))

function refusal(diagnostics: Diagnostic[]) {
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  const count = errors.length === 1 ? 'One finding has' : `${errors.length} findings have`
  return problem('invalid-ir', `${count} to be mended before it can run.`, {
    errors: errors.map(({ path, code, message }): ProblemError => ({ path: `/ir${path}`, code, message })),
    diagnostics,
  })
}
