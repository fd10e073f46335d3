import { expect, test } from 'vitest'
import { findForgedHandle, handlesIn, isHandle, toHandle } from './handles.ts'

const blob = { sha256: 'a'.repeat(64), size: 20_000 }

test('handles are found at any depth', () => {
  expect(handlesIn(toHandle(blob))).toEqual([blob])
  expect(handlesIn({ list: [1, { deep: toHandle(blob) }], text: '$blob' })).toEqual([blob])
})

test('ordinary values are no handles', () => {
  for (const value of [null, 1, '$blob', [], {}, blob]) expect(isHandle(value)).toBe(false)
})

test('a value from outside that pretends to be a handle is named by its place', () => {
  expect(findForgedHandle({ 'a/b': [{}, { $blob: 1 }] })).toBe('/a~1b/1')
  expect(findForgedHandle({ $blob: blob })).toBe('')
  expect(findForgedHandle({ blob })).toBeUndefined()
})
