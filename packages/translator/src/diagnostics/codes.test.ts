import { describe, expect, test } from 'vitest'
import { translate } from '../translate.ts'
import type { TranslateOptions } from '../translate-options.ts'
import { CODES } from './codes.ts'

describe.each(Object.entries(CODES))('%s', (code, row) => {
  const options = (row.options ?? {}) as TranslateOptions
  const found = (document: unknown) => translate(document, options).diagnostics

  test('is what its smallest document gives, at the place that it says', () => {
    const wrong = found(row.wrong)
    expect(wrong.map(({ code, path, severity }) => ({ code, path, severity }))).toContainEqual({
      code,
      path: row.at,
      severity: row.severity,
    })
    const others = wrong.filter((each) => each.code !== code && each.severity === 'error')
    if (code !== 'too-many-findings') expect(others).toEqual([])
  })

  test('is gone from the corrected document, and nothing else is wrong with it', () => {
    expect(found(row.right)).toEqual([])
  })
})
