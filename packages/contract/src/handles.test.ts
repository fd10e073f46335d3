import { expect, test } from 'vitest'
import {
  findForgedHandle,
  handlesIn,
  isAboutUnread,
  isHandle,
  placesOfHandles,
  replaceHandles,
  toHandle,
} from './handles.ts'
import type { Json } from './json.ts'

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

test('a handle is replaced by what it stands for, also where that is null, and stays where nothing is known of it', () => {
  const value = { list: [toHandle(blob)], other: toHandle({ ...blob, sha256: 'b'.repeat(64) }) } as unknown as Json
  const load = ({ sha256 }: { sha256: string }) => (sha256.startsWith('a') ? null : undefined)
  expect(replaceHandles(value, load)).toEqual({ ...(value as object), list: [null] })
})

test('what was not read is no fault, nor is what depends on it', () => {
  const unread = placesOfHandles({ list: [1, toHandle(blob)] } as unknown as Json)
  expect(unread).toEqual(['/list/1'])
  expect(isAboutUnread('/list/1', 'type', unread)).toBe(true)
  expect(isAboutUnread('/list/1/name', 'type', unread)).toBe(true)
  expect(isAboutUnread('/list', 'contains', unread)).toBe(true)
  expect(isAboutUnread('', 'oneOf', unread)).toBe(true)
  expect(isAboutUnread('/list', 'maxItems', unread)).toBe(false)
  expect(isAboutUnread('/list/10', 'type', unread)).toBe(false)
})
