import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { PROBLEMS } from '@treadle/contract'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { useApi } from './support/api.ts'
import { ECHO } from './support/documents.ts'

/**
 * Every route of openapi.yaml that takes a body, with every body of a corpus of hostile ones, on a real socket: what is taken is answered as
 * the document says, and all else is a problem; never an error of ours, and the server lives on. Temporal is not there: whoever gets as far
 * as that is told so.
 */

type Operation = { operationId: string; requestBody?: { content: Record<string, unknown> }; responses: object }

const openapi = parse(readFileSync(fileURLToPath(new URL('../../openapi.yaml', import.meta.url)), 'utf8')) as {
  paths: Record<string, Record<string, Operation>>
}
const operations = Object.entries(openapi.paths).flatMap(([path, methods]) =>
  Object.entries(methods).flatMap(([method, operation]) =>
    operation.requestBody ? [{ path, method: method.toUpperCase(), operation }] : [],
  ),
)

const api = useApi()
let url = ''
beforeAll(async () => {
  url = await api().app.listen({ host: '127.0.0.1', port: 0 })
  const stored = await fetch(`${url}/workflows/echo`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(ECHO),
  })
  expect(stored.status).toBe(201)
})

const deep = (levels: number, open: string, close: string) => `${open.repeat(levels)}1${close.repeat(levels)}`
const objects = (levels: number, key: string) => deep(levels, `{"${key}":`, '}')
const document = (more: object) => JSON.stringify({ ...ECHO, ...more })
const both = (text: string) => [text, `{"ir":${text}}`, `{"ir":${JSON.stringify(ECHO)},"input":${text}}`]

/** Nine words, of which each of nine lines has the ninefold: 3.5 billion words. */
const LAUGHS = [
  'a: &a [x, x, x, x, x, x, x, x, x]',
  ...[...'bcdefghi'].map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[at]}`).join(', ')}]`),
].join('\n')

const EXPLOSIVE = [
  '^(a+)+$',
  '(a|aa)+$',
  '([a-zA-Z]+)*$',
  '(.*a){25}',
  '(?=a)a',
  '(a{1,1000}){1,1000}',
  '[',
  '\\u{110000}',
]

const JSON_BODIES: Record<string, (string | Buffer)[]> = {
  'nothing, and no JSON': [
    '',
    ' ',
    '{',
    '{"ir":',
    '[1,]',
    '{"a":1}}',
    "{'a':1}",
    'undefined',
    'NaN',
    '\ufeff{}',
    '\u0000',
  ],
  'values that are no object': ['null', 'true', '0', '""', '[]', '[null]', '"{}"'],
  '100 levels': [deep(100, '[', ']'), objects(100, 'a'), objects(100, 'nodes'), ...both(deep(100, '[', ']'))],
  '100,000 levels': [
    deep(100_000, '[', ']'),
    objects(100_000, 'a'),
    '['.repeat(100_000),
    ...both(deep(100_000, '[', ']')),
  ],
  '10 MB': [
    JSON.stringify('x'.repeat(10_000_000)),
    JSON.stringify({ reason: 'x'.repeat(10_000_000) }),
    `[${'0,'.repeat(5_000_000)}0]`,
  ],
  '4 MB': both(JSON.stringify({ text: 'x'.repeat(4_000_000) })),
  'keys of prototypes': [
    '{"__proto__":{"polluted":true}}',
    '{"constructor":{"prototype":{"polluted":true}}}',
    '{"toString":1,"valueOf":1,"hasOwnProperty":1}',
    '{"reason":{"__proto__":null}}',
    '{"tags":{"__proto__":"x","constructor":"y"}}',
    '{"outputs":{"__proto__":1,"constructor":2},"from":1}',
    ...both('{"__proto__":{"polluted":true},"constructor":1}'),
  ],
  'a key twice': ['{"a":1,"a":2}', '{"reason":"a","reason":"b"}', '{"version":1,"version":2}', '{"ir":{},"ir":[]}'],
  'bytes that are no UTF-8': [
    Buffer.from([0x22, 0xc3, 0x28, 0x22]),
    Buffer.from([0x22, 0xff, 0xfe, 0x22]),
    Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]),
    Buffer.from([0x22, 0xf0, 0x80, 0x80, 0xaf, 0x22]),
    Buffer.concat([Buffer.from('{"reason":"'), Buffer.from([0x80]), Buffer.from('"}')]),
    Buffer.from('{"a":1}', 'utf16le'),
  ],
  'characters that text cannot hold': [
    '"\\ud800"',
    '{"reason":"\\u0000"}',
    '{"\\u0000":"\\udfff"}',
    ...both('"\\u0000"'),
  ],
  'numbers without measure': [
    '1e400',
    '-1e400',
    '1e-400',
    '9'.repeat(100_000),
    `0.${'9'.repeat(100_000)}`,
    '{"version":1e400}',
    '{"version":9007199254740993}',
    '{"from":1e308}',
    '{"from":2147483648}',
    '{"limits":{"tokens":1e300}}',
    '{"priority":-0}',
    ...both('{"n":123456789012345678901234567890}'),
  ],
  'many fields and items': [
    JSON.stringify(Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`f${n}`, n]))),
    JSON.stringify({ payloads: Array.from({ length: 20_000 }, () => ({ data: '!' })) }),
    JSON.stringify({ nodes: Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`n${n}`, {}])) }),
  ],
  'explosive patterns': EXPLOSIVE.flatMap((pattern) => {
    const inputSchema = { type: 'object', properties: { text: { type: 'string', pattern } } }
    const input = { text: `${'a'.repeat(50_000)}!` }
    return [document({ inputSchema }), JSON.stringify({ ir: { ...ECHO, inputSchema }, input })]
  }),
  'schemas that go round': [
    document({ inputSchema: { $ref: '#' } }),
    document({
      inputSchema: { $defs: { a: { anyOf: [{ $ref: '#/$defs/a' }, { $ref: '#/$defs/a' }] } }, $ref: '#/$defs/a' },
    }),
    document({ inputSchema: { $ref: 'http://127.0.0.1:1/schema' } }),
  ],
  'a document as text that grows': [JSON.stringify({ ir: LAUGHS }), JSON.stringify({ from: 1, ir: LAUGHS })],
}

const YAML_BODIES = [
  LAUGHS,
  `ir: ${LAUGHS.replaceAll('\n', '\n  ')}`,
  'a: &a [*a]',
  '&a {*a : *a}',
  `a: &a {x: 1}\n${Array.from({ length: 5_000 }, (_, n) => `k${n}: {<<: *a}`).join('\n')}`,
  '!!js/function "function () { process.exit() }"',
  '!!python/object/apply:os.system ["true"]',
  '- '.repeat(100_000),
  '{'.repeat(100_000),
  '? '.repeat(50_000),
  '__proto__: {polluted: true}',
  '"\\ud800"',
  'a: .inf\nb: .nan\nc: 1e400',
  '%TAG ! tag:x,2000:\n---\n!a b',
  '---\na\n---\nb',
  '\t- a',
  'x'.repeat(10_000_000),
]

/** The signal `echo`, with whatever payload. */
const LISTENS = { ir: 'treadle/v1', name: 'listens', nodes: { any: { kind: 'receive', signal: 'echo' } } }

const PARTS: Record<string, string> = { name: 'echo', label: 'live' }

let target: string | undefined

/** A run that does not begin while the test runs: a new one, once something was done to the last. */
async function targetRun(): Promise<string> {
  target ??= await newRun()
  return target
}

async function newRun(): Promise<string> {
  const startAt = new Date(Date.now() + 86_400_000).toISOString()
  const started = await api().app.inject({ method: 'POST', url: '/runs', payload: { ir: LISTENS, startAt } })
  return started.json().id
}

async function send({ path, method, operation }: (typeof operations)[number], type: string, body: string | Buffer) {
  const parts: Record<string, string> = path.includes('{runId}') ? { ...PARTS, runId: await targetRun() } : PARTS
  const place = path.replace(/\{(\w+)\}/g, (_, name: string) => parts[name] ?? expect.unreachable(`What is {${name}}?`))
  // Where the answer comes before the whole body was taken the server closes the connection: the answer is read from it all the same.
  const answer = await fetch(`${url}${place}`, {
    method,
    headers: { 'content-type': type, connection: 'close' },
    body: new Uint8Array(Buffer.from(body as string)),
  })
  const text = await answer.text()
  const what = [operation.operationId, answer.status, String(body).slice(0, 80), text.slice(0, 300)]
  expect(Object.keys(operation.responses), String(what)).toContain(String(answer.status))
  if (answer.ok) {
    target = undefined
    return
  }
  const type_ = answer.headers.get('content-type')
  const problem = JSON.parse(text) as { type: string; status: number }
  const name = problem.type.replace('/problems/', '') as keyof typeof PROBLEMS
  expect([...what, type_, PROBLEMS[name]?.status]).toEqual([
    ...what,
    expect.stringContaining('application/problem+json'),
    answer.status,
  ])
  expect(name, String(what)).not.toBe('internal')
  expect(text.length, 'An answer grows with its request.').toBeLessThan(200_000)
}

describe.each(operations.map((each) => [each.operation.operationId, each] as const))('%s', (_, each) => {
  const types = Object.keys(each.operation.requestBody?.content ?? {})

  test.each(Object.keys(JSON_BODIES))('%s', { timeout: 60_000 }, async (kind) => {
    for (const body of JSON_BODIES[kind] ?? []) await send(each, 'application/json', body)
  })

  test('YAML, where it is taken and where not', { timeout: 60_000 }, async () => {
    const isTaken = types.includes('application/yaml')
    for (const body of isTaken ? YAML_BODIES : [LAUGHS, 'a: 1']) await send(each, 'application/yaml', body)
  })
})

/** One for each way in which a body is read and checked. */
const READERS = new Set(['startRun', 'putBlob', 'sendSignal', 'validate', 'decodePayloads'])

test('nothing of it stays, and the server answers as before', { timeout: 120_000 }, async () => {
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const round = async () => {
    for (const each of operations.filter(({ operation }) => READERS.has(operation.operationId)))
      for (const kind of [
        'keys of prototypes',
        'numbers without measure',
        'explosive patterns',
        'many fields and items',
      ])
        for (const body of JSON_BODIES[kind] ?? []) await send(each, 'application/json', body)
    api().logged.length = 0
    collect()
    return process.memoryUsage().heapUsed
  }
  await round()
  const before = await round()
  const after = await round()
  expect((after - before) / 1_000_000).toBeLessThan(20)
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
})
