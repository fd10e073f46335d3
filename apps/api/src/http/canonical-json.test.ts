import { expect, test } from 'vitest'
import { canonicalJson, sha256 } from './canonical-json.ts'

test('neither the order of keys nor an absent value changes the canonical text', () => {
  expect(canonicalJson({ b: [1, { d: 1, c: undefined }], a: 'é' })).toBe('{"a":"é","b":[1,{"d":1}]}')
  expect(canonicalJson({ a: 'é', b: [1, { d: 1 }] })).toBe(canonicalJson({ b: [1, { d: 1 }], a: 'é' }))
})

test('keys are sorted by UTF-16 code units, as RFC 8785 has it', () => {
  expect(canonicalJson({ '\ufb33': 1, '😀': 2, '€': 3 })).toBe('{"€":3,"😀":2,"\ufb33":1}')
})

test('parts of a hash never run into each other', () => expect(sha256('ab', 'c')).not.toBe(sha256('a', 'bc')))
