import { SCHEMAS } from '@treadle/contract/validate'
import { describe, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { EXAMPLES, MODELS } from './testing/examples.ts'
import {
  type Mutation,
  withCutExpressions,
  withMisspelling,
  withoutRequired,
  withSwappedTypes,
} from './testing/mutations.ts'
import { sample } from './testing/sample.ts'
import { translate } from './translate.ts'

/** All of them with TREADLE_TEST_FULL=1; else a seeded sample of each kind. */
const SAMPLE = 60

vi.setConfig({ testTimeout: 120_000 })

const KINDS = {
  'without a required field': (document: unknown) => withoutRequired(document, requiredOf),
  'with a cut expression': withCutExpressions,
  'with a misspelt reference': withMisspelling,
}

describe.each(Object.entries(KINDS))('a document %s', (_, mutate) => {
  test.each(EXAMPLES)('of $name has a finding at that place', ({ text }) => {
    const mutations = sample(mutate(parse(text)), SAMPLE)
    expect(mutations.length).toBeGreaterThan(0)
    const missed = mutations.filter((mutation) => !isFound(mutation)).map(({ what }) => what)
    expect(missed).toEqual([])
  })
})

describe('a document with a value of another type', () => {
  test.each(EXAMPLES)('of $name has a finding at that place, or is still a right one', ({ text }) => {
    const mutations = sample(withSwappedTypes(parse(text)), SAMPLE)
    const missed = mutations.filter((mutation) => !isFound(mutation) && !isTemplate(mutation.at))
    expect(missed.map(({ what }) => what)).toEqual([])
  })
})

/** A finding at the place, inside it, or at something that holds it. */
function isFound({ at, document }: Mutation): boolean {
  const { diagnostics } = translate(document, { models: MODELS })
  return diagnostics.some(({ path }) => isNear(path, at))
}

const isNear = (path: string, at: string) =>
  path === at || path.startsWith(`${at}/`) || at === '' || at.startsWith(`${path}/`)

/** Where any JSON value can stand: the type is checked where it is used, if it is. */
function isTemplate(at: string): boolean {
  return /\/(value|args|output|state|next|data|details|default|form|input|body|query)(\/|$)/.test(at)
}

/** What the schema of the IR requires of a value, by what the value is. */
function requiredOf(value: unknown, pointer: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  const { $defs, required } = SCHEMAS['ir.v1.schema.json'] as {
    $defs: Record<string, { required?: string[]; properties?: { kind?: { const?: string } } }>
    required: string[]
  }
  if ('ir' in value) return required
  const isTool = /\/tools\/[^/]+$/.test(pointer)
  if ('kind' in value) {
    const found = Object.entries($defs).find(
      ([name, { properties }]) => properties?.kind?.const === value.kind && name.startsWith('tool') === isTool,
    )
    return found?.[1].required ?? []
  }
  return []
}
