import { expect } from 'vitest'
import { translate } from '../translate.ts'
import type { TranslateOptions } from '../translate-options.ts'

/** A document of these lines of YAML, below the two that every document begins with. */
export const yaml = (rest: string): string => `ir: treadle/v1\nname: test\n${rest.replace(/^\n/, '')}\n`

/** The findings of a document as `code path`, in the order of the answer. */
export const found = (document: unknown, options: TranslateOptions = {}): string[] =>
  translate(document, options).diagnostics.map(({ code, path }) => `${code} ${path}`)

/** The plan of a document that has no errors. */
export function planOf(document: unknown, options: TranslateOptions = {}) {
  const { plan, diagnostics } = translate(document, options)
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  if (!plan) throw new Error('there is no plan')
  return plan
}
