import type { Diagnostic, Json, Plan, ProblemError, TenantId } from '@treadle/contract'
import type { ModelTable } from '@treadle/contract/settings'
import type { StoredWorkflow, WorkflowStore } from '@treadle/storage'
import {
  createTranslateCache,
  type PlanBlob,
  type TranslateLimits,
  type Translation,
  type WorkflowResolver,
} from '@treadle/translator'
import { sha256 } from '../http/canonical-json.ts'
import { problem } from '../http/problem.ts'
import type { FunctionsNow, ServedFunctions } from './served-functions.ts'

export type CompiledDocument = {
  plan: Plan
  planHash: string
  /** As it was posted. */
  document: string
  /** Texts that the plan names by content. */
  blobs: readonly PlanBlob[]
}

/** Documents to plans. The same document again costs a hash; one that names stored workflows is checked against the tenant's. */
export type CompileDocument = {
  /** Findings and all. `source` is the document's text, or its value. */
  all(tenant: TenantId, source: Json): Promise<Translation>
  /** @throws ProblemAnswer `invalid-ir` with every finding. */
  orRefuse(tenant: TenantId, source: Json): Promise<CompiledDocument>
}

type Parts = {
  models: ModelTable
  workflows: Pick<WorkflowStore, 'version'>
  functions: ServedFunctions
  limits?: Partial<TranslateLimits>
}

export function createCompileDocument({ workflows, functions, models, limits = {} }: Parts): CompileDocument {
  const cache = createTranslateCache({
    optionsKey: ({ workflows: known, functions: served }) =>
      `${(known as Resolver | undefined)?.key ?? ''} ${(served && keys.get(served)) ?? ''}`,
  })
  const wants = new WeakMap<Translation, readonly string[]>()
  const keys = new WeakMap<object, string>()

  /** Translating is pure, so what a document names is looked up between two translations: as often as workflows are inside each other. */
  const translateWith = async (tenant: TenantId, text: string, served: FunctionsNow | undefined) => {
    if (served) keys.set(served.functions, served.key)
    const known = new Map<string, StoredWorkflow | undefined>()
    for (;;) {
      const asked = new Set<string>()
      const options = {
        limits,
        models,
        workflows: resolverOf(known, asked),
        ...(served && { functions: served.functions }),
      }
      const translated = cache.translate(text, options)
      if (!wants.has(translated)) wants.set(translated, [...asked]) // One from the cache has asked for nothing this time.
      const unknown = wants.get(translated) ?? []
      if (unknown.length === 0) return translated
      for (const ref of unknown) {
        const [name = '', version] = ref.split('@')
        known.set(ref, await workflows.version(tenant, name, version))
      }
    }
  }

  const all: CompileDocument['all'] = async (tenant, source) => {
    const text = textOf(source)
    const translated = await translateWith(tenant, text, await functions())
    if (!translated.diagnostics.some(({ code }) => code === 'unknown-function')) return translated
    return translateWith(tenant, text, await functions({ fresh: true })) // A worker may have come a moment ago.
  }

  return {
    all,
    async orRefuse(tenant, source) {
      const { ok, diagnostics, plan, planHash, blobs = [] } = await all(tenant, source)
      if (!ok || !plan || planHash === undefined) throw refusal(diagnostics)
      return { plan, planHash, document: textOf(source), blobs }
    },
  }
}

/** `key`: what it knows, for the cache. */
type Resolver = WorkflowResolver & { key: string }

/** Answers from `known`, and notes in `asked` what is not in it. */
function resolverOf(known: ReadonlyMap<string, StoredWorkflow | undefined>, asked: Set<string>): Resolver {
  const resolve = (name: string, version: string) => {
    const ref = `${name}@${version}`
    if (!known.has(ref)) asked.add(ref)
    return known.get(ref)?.document
  }
  const facts = [...known].map(([ref, stored]) => `${ref}=${stored?.documentSha256 ?? ''}`).sort()
  return Object.assign(resolve, { key: facts.length === 0 ? '' : sha256(...facts) })
}

const textOf = (source: Json): string => (typeof source === 'string' ? source : JSON.stringify(source))

/** `at`: where the document stands in the request. */
export function refusal(diagnostics: readonly Diagnostic[], at = '/ir') {
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  const count = errors.length === 1 ? 'One finding has' : `${errors.length} findings have`
  return problem('invalid-ir', `${count} to be mended before it can run.`, {
    errors: errors.map(({ path, code, message }): ProblemError => ({ path: `${at}${path}`, code, message })),
    diagnostics: [...diagnostics],
  })
}
