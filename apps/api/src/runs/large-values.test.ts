import { isHandle } from '@treadle/contract'
import { expect, test } from 'vitest'
import { sha256 } from '../http/canonical-json.ts'
import { offloadLarge } from './large-values.ts'

const put = async (bytes: Uint8Array) => ({ sha256: sha256(Buffer.from(bytes).toString()), size: bytes.length })
const large = 'x'.repeat(20_000)

test('only what is large is stored', async () => {
  expect(await offloadLarge({ question: 'why', document: large }, put)).toMatchObject({
    question: 'why',
    document: { $blob: { size: 20_002 } },
  })
})

test('a small value is left alone', async () => {
  expect(await offloadLarge({ a: [1, 2] }, put)).toEqual({ a: [1, 2] })
})

test('a list of many small things goes as a whole', async () => {
  const value = await offloadLarge({ items: Array.from({ length: 5_000 }, (_, index) => index) }, put)
  expect(isHandle((value as { items: unknown }).items as never)).toBe(true)
})

test('an object of very many small members goes as a whole', async () => {
  const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`k${index}`, index]))
  expect(isHandle((await offloadLarge(many, put)) as never)).toBe(true)
})
