import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readArguments } from '../keys/arguments.ts'
import { filterOf } from '../routes/list-runs.ts'
import { decodeCursor, encodeCursor } from '../stream/cursor.ts'
import { eventFilter, listOf } from '../stream/filter.ts'
import { positionsOf } from '../stream/stream-start.ts'
import { byteRangeOf } from './byte-range.ts'
import { canonicalJson } from './canonical-json.ts'
import { hasAlready, mayChange } from './conditions.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { idempotencyKeyOf } from './idempotency.ts'
import { acceptsEvents, positionOf, preferredWait, waitOf } from './parameters.ts'
import { ProblemAnswer } from './problem.ts'
import { readJson, readUtf8 } from './read-json.ts'
import { readYaml } from './read-yaml.ts'
import { continueTrace, requestIdOf } from './request-context.ts'

/** Whatever is read, it gives a value, or says as a problem why not. */
function gives<Value>(read: () => Value): Value | ProblemAnswer {
  try {
    return read()
  } catch (error) {
    if (error instanceof ProblemAnswer) return error
    throw error
  }
}

const isSound = (value: unknown): boolean => !JSON.stringify(value ?? null).includes('"__proto__"')

const value = fc.jsonValue({ maxDepth: 6 }).filter(isSound)
/** JSON that somebody has been at. */
const broken = fc
  .tuple(fc.json(), fc.nat(), fc.string({ unit: 'binary', maxLength: 4 }))
  .map(([text, at, more]) => text.slice(0, at % (text.length + 1)) + more + text.slice((at * 7) % (text.length + 1)))

test('JSON is read as JSON.parse reads it, or refused', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), broken, fc.string({ unit: 'binary' })), (text) => {
      const read = gives(() => readJson(text))
      if (!(read instanceof ProblemAnswer)) expect(read).toEqual(JSON.parse(text))
    }),
    { numRuns: 3_000 },
  )
})

test('every value that JSON keeps exactly is read', () => {
  const exact = value.filter((each) => !/\d{16}|e[+-]?\d/i.test(JSON.stringify(each)))
  fc.assert(
    fc.property(exact, (each) => {
      expect(readJson(JSON.stringify(each))).toEqual(JSON.parse(JSON.stringify(each)))
    }),
  )
})

test('any bytes are text, or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const read = gives(() => readUtf8(bytes))
      if (typeof read === 'string') expect(Buffer.from(read).equals(Buffer.from(bytes)) || bytes[0] === 0xef).toBe(true)
    }),
    { numRuns: 3_000 },
  )
})

test('YAML gives what JSON can hold, or is refused', () => {
  const piece = fc.constantFrom(
    'a: ',
    '- ',
    '&x ',
    '*x',
    '!!str ',
    '{',
    '}',
    '[',
    ']',
    '|\n',
    '\n',
    '  ',
    '"',
    "'",
    '<<: ',
    '? ',
    '1',
    '.inf',
    '~',
    '#',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
        fc.string({ unit: 'binary' }),
      ),
      (text) => {
        const read = gives(() => readYaml(text))
        if (!(read instanceof ProblemAnswer)) expect(JSON.parse(JSON.stringify(read))).toEqual(read)
      },
    ),
    { numRuns: 2_000 },
  )
})

test('the canonical text does not depend on the order of keys, and reads back', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), value), (object) => {
      const turned = Object.fromEntries(Object.entries(object).reverse())
      expect(canonicalJson(turned)).toBe(canonicalJson(object))
      if (isSound(object)) expect(JSON.parse(canonicalJson(object))).toEqual(JSON.parse(JSON.stringify(object)))
    }),
  )
})

test('a cursor is read in its own list alone', () => {
  const isAny = (_: unknown): _ is unknown => true
  fc.assert(
    fc.property(value, fc.string(), fc.string(), (place, list, other) => {
      const cursor = writeCursor(place, list)
      expect(readCursor(cursor, list, isAny)).toEqual(JSON.parse(JSON.stringify(place)))
      if (other !== list) expect(gives(() => readCursor(cursor, other, isAny))).toBeInstanceOf(ProblemAnswer)
      expect(gives(() => readCursor(other, list, isAny))).toBeInstanceOf(ProblemAnswer)
    }),
  )
})

test('times and positions are numbers in their bounds, or refused', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.nat().map(String),
        fc.nat().map((n) => `${n}s`),
        fc.double().map(String),
      ),
      (text) => {
        const wait = gives(() => waitOf(text, 'wait'))
        if (typeof wait === 'number') expect(wait >= 0 && wait <= 60_000).toBe(true)
        const position = gives(() => positionOf(text, 'after'))
        if (typeof position === 'number') expect(Number.isSafeInteger(position) && position >= 0).toBe(true)
        const preferred = preferredWait(`respond-async, wait=${text}`)
        if (preferred !== undefined) expect(preferred >= 0 && preferred <= 60_000).toBe(true)
      },
    ),
    { numRuns: 2_000 },
  )
})

/** A header as it may come: anything, or something like what it should be. */
const header = (...like: fc.Arbitrary<string>[]) =>
  fc.oneof(fc.string({ unit: 'binary-ascii' }), fc.string({ unit: 'binary' }), ...like)
const asked = (headers: Record<string, string>, rest: object = {}) =>
  ({ headers, method: 'POST', url: '/runs', query: {}, ...rest }) as unknown as Parameters<typeof idempotencyKeyOf>[0]
const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`))

test('a trace goes on where its context is sound, and else a new one begins', () => {
  const sound = fc
    .tuple(fc.constant('00'), hex(32), hex(16), hex(2))
    .filter(([, trace, span]) => !/^0+$/.test(trace) && !/^0+$/.test(span))
  fc.assert(
    fc.property(
      fc.oneof(
        sound.map((parts) => parts.join('-')),
        header(),
      ),
      (sent) => {
        expect(continueTrace(sent)).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/)
      },
    ),
    { numRuns: 2_000 },
  )
  fc.assert(
    fc.property(sound, ([version, trace, span, flags]) => {
      const continued = continueTrace([version, trace, span, flags].join('-')).split('-')
      expect([continued[1], continued[3]]).toEqual([trace, flags])
    }),
  )
})

test('a request has an id that can stand in a log and a header, whatever it sends', () => {
  fc.assert(
    fc.property(header(fc.uuid()), (sent) => {
      const id = requestIdOf(asked({ 'x-request-id': sent }) as never)
      expect(id).toMatch(/^[A-Za-z0-9._-]{8,64}$/)
    }),
  )
})

test('a range lies in what is there, or there is none', () => {
  const bound = fc.oneof(fc.constant(''), fc.nat(200).map(String), fc.maxSafeNat().map(String))
  const like = fc.tuple(bound, bound).map(([first, last]) => `bytes=${first}-${last}`)
  fc.assert(
    fc.property(header(like, like), fc.nat(100), (text, size) => {
      const range = byteRangeOf(text, size)
      if (typeof range !== 'object') return
      expect(range.start).toBeGreaterThanOrEqual(0)
      expect(range.end).toBeGreaterThanOrEqual(range.start)
      expect(range.end).toBeLessThan(size)
    }),
    { numRuns: 3_000 },
  )
})

test('an Idempotency-Key is the same in quotes, and another one is another', () => {
  const key = fc.stringMatching(/^[!#-~]{1,40}$/)
  const keyOf = (sent: string, body: unknown = {}) => idempotencyKeyOf(asked({ 'idempotency-key': sent }), body)
  fc.assert(
    fc.property(key, key, value, (one, other, body) => {
      expect(keyOf(`"${one}"`, body)).toEqual(keyOf(one, body))
      expect(keyOf(one)?.keySha256 === keyOf(other)?.keySha256).toBe(one === other)
      expect(JSON.stringify(keyOf(`${one}-and-more`, body))).not.toContain(`${one}-and-more`)
      expect(keyOf(one, body)?.fingerprint === keyOf(one, [body])?.fingerprint).toBe(false)
    }),
  )
})

test('a stream begins at positions of its own runs, or is refused', () => {
  const runIds = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 10 }), { minLength: 1, maxLength: 5 })
  const text = header(fc.constantFrom('latest', '0', ''), fc.nat().map(String), fc.base64String())
  fc.assert(
    fc.property(runIds, text, text, (ids, lastEventId, after) => {
      const positions = gives(() => positionsOf(asked({ 'last-event-id': lastEventId }, { query: { after } }), ids))
      if (positions instanceof ProblemAnswer || positions === 'latest') return
      expect(positions.length).toBe(ids.length)
      for (const position of positions) expect(Number.isSafeInteger(position) && position >= 0).toBe(true)
    }),
    { numRuns: 3_000 },
  )
  fc.assert(
    fc.property(runIds, fc.infiniteStream(fc.maxSafeNat()), (ids, numbers) => {
      const positions = ids.map(() => numbers.next().value as number)
      const cursor = encodeCursor(ids, positions)
      expect(decodeCursor(ids, cursor)).toEqual(positions)
      if (ids.length > 1) expect(decodeCursor([...ids].reverse(), cursor)).toBeUndefined()
    }),
  )
})

test('a filter by node takes the node and what is inside of it, and the last event always comes through', () => {
  const path = fc.stringMatching(/^[a-z]{1,5}(\[[0-9]\]\.[a-z]{1,3}){0,2}$/)
  const event = (node: string | undefined, type = 'node.started') =>
    ({ type, ...(node !== undefined && { node }), seq: 1, json: '{}' }) as never
  fc.assert(
    fc.property(path, fc.stringMatching(/^[a-z0-9_]{1,3}$/), (node, more) => {
      const isWanted = eventFilter({ nodes: [node] })
      expect([isWanted(event(node)), isWanted(event(`${node}.${more}`)), isWanted(event(`${node}${more}`))]).toEqual([
        true,
        true,
        false,
      ])
      expect(isWanted(event(undefined, 'run.completed'))).toBe(true)
      expect(listOf([`${node},${more}`, node])).toEqual([node, more, node])
    }),
  )
})

test('the filter of a list has times that a database holds, and a tag as it was written', () => {
  const time = fc.oneof(
    fc.string(),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    fc
      .tuple(fc.nat(20_000), fc.nat(99), fc.integer({ min: -99, max: 99 }))
      .map(([y, m, o]) => `${y}-${m}-01T00:00:00${o}:00`),
  )
  fc.assert(
    fc.property(time, time, fc.string(), (since, until, tag) => {
      const filter = gives(() => filterOf({ since, until, tag }))
      if (filter instanceof ProblemAnswer) return
      for (const each of [filter.since, filter.until]) expect(each).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
      const { key, value } = filter.tag ?? { key: '' }
      expect(value === undefined ? key : `${key}=${value}`).toBe(tag)
      expect(key).not.toContain('=')
    }),
    { numRuns: 2_000 },
  )
})

test('conditions are met by the tag that they name, wherever it stands, and by no other', () => {
  const tag = hex(32).map((text) => `"${text}"`)
  fc.assert(
    fc.property(tag, fc.array(tag, { maxLength: 4 }), fc.boolean(), (etag, others, isWeak) => {
      const named = [...others, isWeak ? `W/${etag}` : etag].join(', ')
      expect(hasAlready(asked({ 'if-none-match': named }), etag)).toBe(true)
      expect(mayChange(asked({ 'if-match': named }), etag)).toBe(!isWeak || others.includes(etag))
      const without = others.filter((other) => other !== etag).join(', ')
      expect(hasAlready(asked({ 'if-none-match': without }), etag)).toBe(false)
      expect(mayChange(asked({ 'if-match': named }), undefined)).toBe(false)
    }),
  )
  fc.assert(
    fc.property(header(), tag, (text, etag) => {
      expect(typeof hasAlready(asked({ 'if-none-match': text }), etag)).toBe('boolean')
      expect(typeof mayChange(asked({ 'if-match': text, 'if-none-match': text }), etag)).toBe('boolean')
      expect(typeof acceptsEvents(text)).toBe('boolean')
    }),
    { numRuns: 1_000 },
  )
})

test('arguments of the command of keys are read, or refused in words', () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom('create', 'list', 'revoke', 'rotate', 'quota', '--name', '--expires', '1d', '--tenant'),
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (args) => {
      try {
        const command = readArguments(args)
        if ('validMs' in command && command.validMs !== undefined) expect(command.validMs).toBeGreaterThanOrEqual(0)
      } catch (error) {
        expect((error as Error).message).not.toBe('')
      }
    }),
    { numRuns: 2_000 },
  )
})
