import { readFileSync } from 'node:fs'
import type { Json } from '@treadle/contract'
import { parseKeyring } from '@treadle/contract/encryption'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sealData } from './seal-data.ts'
import { createSealer, NO_SEALER, type Place } from './sealer.ts'

const key = (byte: number) => Buffer.alloc(32, byte).toString('base64')
const sealerOf = (keys: string) => createSealer(parseKeyring(keys))
const sealer = sealerOf(`a=${key(1)}`)
const PLACE = { tenant: 'default', run: 'run_1', path: 'm["ké"].x' }
const MARK = 'what-nobody-may-see'

const fixture = JSON.parse(readFileSync(new URL('../../../../test/fixtures/sealed.json', import.meta.url), 'utf8')) as {
  keys: string
  values: { place: Place; value: Json; sealed: Json }[]
  repeatable: { place: Place; value: Json; sealed: Json }
}

test('a value comes back, and shows nothing on the way', () =>
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = JSON.parse(JSON.stringify(value)) as Json
      fc.pre(!JSON.stringify(json).includes('$blob'))
      const sealed = sealer.seal(PLACE, { [MARK]: json })
      expect(JSON.stringify(sealed)).toMatch(/^\{"\$blob":\{"sealed":"a\.[A-Za-z0-9+/=]+"\}\}$/)
      expect(sealer.open(PLACE, sealed)).toEqual({ [MARK]: json })
    }),
  ))

test('the data of an event comes back byte for byte, whatever stands around it', () =>
  fc.assert(
    fc.property(
      fc.constantFrom('node.delta', 'log', 'custom.mine', 'node.completed'),
      fc.dictionary(
        fc.string().filter((name) => name !== '$blob'),
        fc.jsonValue(),
      ),
      (type, data) => {
        fc.pre(!JSON.stringify(data).includes('$blob'))
        const line = (text: string) => `{"seq":1,"data":${text}}`
        const sealed = sealData(sealer, PLACE, type, data)
        expect(sealer.openText(PLACE, line(sealed))).toBe(line(JSON.stringify(data)))
      },
    ),
  ))

test('a text that looks like something sealed is a text', () => {
  const text = '{"$blob":{"sealed":"a.AAAA"}}'
  const line = sealData(NO_SEALER, PLACE, 'log', { message: text })
  expect(sealer.openText(PLACE, line)).toBe(line)
})

test('what says what happened stays readable, what it happened with does not, and members that are not known do not either', () => {
  const data = { kind: 'llm', offset: 3, usage: { llmCalls: 1 }, text: MARK, later: MARK, error: { message: MARK } }
  const sealed = JSON.parse(sealData(sealer, PLACE, 'node.delta', data)) as typeof data
  expect(sealed).toMatchObject({ kind: 'llm', offset: 3, usage: { llmCalls: 1 } })
  expect(JSON.stringify(sealed)).not.toContain(MARK)
  expect(sealData(sealer, PLACE, 'custom.mine', { kind: MARK })).not.toContain(MARK)
})

test('handles stay readable, so that references can be counted', () => {
  const handle = { $blob: { sha256: 'ab'.repeat(32), size: 20_000 } }
  expect(sealer.seal(PLACE, handle)).toEqual(handle)
  const sealed = sealer.seal(PLACE, { text: MARK, parts: [handle] })
  expect(sealed).toMatchObject({ refs: [handle] })
  expect(JSON.stringify(sealed)).not.toContain(MARK)
  expect(sealer.open(PLACE, sealed)).toEqual({ text: MARK, parts: [handle] })
  const line = `{"output":${JSON.stringify(sealed)}}`
  expect(sealer.openText(PLACE, line)).toBe(`{"output":{"text":"${MARK}","parts":[${JSON.stringify(handle)}]}}`)
})

test.each<[string, Place]>([
  ['tenant', { ...PLACE, tenant: 'other' }],
  ['run', { ...PLACE, run: 'run_2' }],
  ['node', { ...PLACE, path: 'b' }],
])('what is put at another %s does not open', (_, place) => {
  const sealed = sealer.seal(PLACE, MARK)
  expect(() => sealer.open(place, sealed)).toThrow(/cannot be read: What is encrypted was changed/)
  expect(() => sealer.openText(place, JSON.stringify(sealed))).toThrow('cannot be read')
})

test('what was changed, and what has a key that is not here, is an error that says so', () => {
  const text = JSON.stringify(sealer.seal(PLACE, MARK))
  const changed = text.replace(
    /a\.(.{20})./,
    (_, start: string) => `a.${start}${text.includes(`${start}A`) ? 'B' : 'A'}`,
  )
  expect(changed).not.toBe(text)
  expect(() => sealer.openText(PLACE, changed)).toThrow(
    'What is stored of the node m["ké"].x of the run run_1 cannot be read',
  )
  for (const other of [sealerOf(`b=${key(1)}`), NO_SEALER]) {
    expect(() => other.openText(PLACE, text)).toThrow('There is no key a to decrypt with.')
    expect(() => other.open(PLACE, JSON.parse(text) as Json)).toThrow(expect.objectContaining({ isKeyMissing: true }))
  }
  expect(() => sealerOf(`a=${key(2)}`).openText(PLACE, text)).toThrow(expect.objectContaining({ isKeyMissing: false }))
})

test('keys are exchanged: the first one seals, each one opens, and what was never sealed is read as it is', () => {
  const before = sealer.seal(PLACE, MARK)
  const both = sealerOf(`b=${key(2)},a=${key(1)}`)
  expect(JSON.stringify(both.seal(PLACE, MARK))).toContain('"b.')
  expect(both.open(PLACE, before)).toBe(MARK)
  expect(both.open(PLACE, { plain: MARK })).toEqual({ plain: MARK })
  const bytes = sealer.sealBytes('default', Buffer.from(MARK))
  expect(Buffer.from(bytes).toString('latin1')).not.toContain(MARK)
  expect(Buffer.from(both.openBytes('default', bytes)).toString()).toBe(MARK)
  expect(Buffer.from(both.openBytes('default', Buffer.from(MARK))).toString()).toBe(MARK)
  expect(() => both.openBytes('other', bytes)).toThrow('cannot be read')
})

test('the format is that of the other languages', () => {
  const known = sealerOf(fixture.keys)
  for (const { place, value, sealed } of fixture.values) expect(known.open(place, sealed)).toEqual(value)
  const { place, value, sealed } = fixture.repeatable
  expect(known.seal(place, value, { repeatable: true })).toEqual(sealed)
  expect(known.seal(place, value)).not.toEqual(sealed)
})
