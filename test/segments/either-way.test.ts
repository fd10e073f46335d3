import { readdirSync, readFileSync } from 'node:fs'
import { arbitraryDocument, type TestDocument } from '@treadle/interpreter/testing'
import { answerForExamples, DEMO_SECRETS, DEMO_TOOLS_URL } from '@treadle/local'
import { translate } from '@treadle/translator'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { createClient, faultsOf, type StreamEvent } from '../e2e/support/client.ts'
import { useStack } from '../support/use-stack.ts'
import { eventsByPath, FUNCTIONS, TOOLS } from './support.ts'

const FULL = process.env.TREADLE_TEST_FULL === '1'

const stack = useStack({ workerEnv: { ...FUNCTIONS, ...DEMO_SECRETS } })
beforeAll(() => answerForExamples(stack().tools))

type Document = Record<string, unknown>

const HEAD = { ir: 'treadle/v1', name: 'either-way', tools: TOOLS }
const step = (args: object = {}, more: object = {}) => ({ kind: 'tool', tool: 'step', args, ...more })

describe('a run gives the same result, errors and events per path with segments and without', () => {
  test.each<[string, Document, unknown?]>([
    ['a chain', { a: step({ value: 1 }), b: step({ value: '${nodes.a + 1}' }), c: step({ value: '${nodes.b + 1}' }) }],
    [
      'values between',
      { a: step({ value: 2 }), s: { kind: 'set', value: { n: '${nodes.a}' } }, b: step({ value: '${nodes.s.n}' }) },
    ],
    [
      'a skipped one',
      { a: step({ value: 1 }), b: step({ value: 2 }, { when: 'nodes.a > 1' }), c: step({ value: '${nodes.b}' }) },
    ],
    [
      'an event and a point to fork from',
      {
        a: step({ value: 1 }),
        e: { kind: 'emit', event: 'seen', data: '${nodes.a}' },
        p: { kind: 'checkpoint', name: 'here', after: ['e'] },
      },
    ],
    [
      'a failure',
      { a: step(), b: step({ failures: 9, type: 'tool_error' }, { after: ['a'] }), c: step({}, { after: ['b'] }) },
    ],
    [
      'a failure that is caught',
      {
        a: step({ failures: 9, type: 'refused' }, { catch: [{ on: '*', do: step({ value: '${error.type}' }) }] }),
        b: step({ value: '${nodes.a}' }),
      },
    ],
    [
      'a failure in a catch',
      {
        a: step({ failures: 9, type: 'refused' }, { catch: [{ on: '*', do: step({ failures: 9, type: 'auth' }) }] }),
        b: step({ value: '${nodes.a}' }),
      },
    ],
    [
      'attempts',
      {
        a: step({ value: 1, failures: 2 }, { retry: { initialInterval: '50ms', maxAttempts: 3 } }),
        b: step({ value: '${nodes.a}' }),
      },
    ],
    [
      'a pause between attempts that is not waited for inside',
      {
        a: step({ value: 1, failures: 1 }, { retry: { initialInterval: '1500ms' } }),
        b: step({ value: '${nodes.a}' }),
      },
    ],
    [
      'attempts that are used up',
      {
        a: step({ failures: 9 }, { retry: { initialInterval: '20ms', maxAttempts: 2 } }),
        b: step({ value: '${nodes.a}' }),
      },
    ],
    [
      'a result that does not fit',
      { a: step({ value: 'x' }, { outputSchema: { type: 'integer' } }), b: step({ value: '${nodes.a}' }) },
    ],
    [
      'an expression that fails',
      {
        a: step({ value: { list: [] } }),
        s: { kind: 'set', value: '${nodes.a.list[3]}' },
        b: step({ value: '${nodes.s}' }),
      },
    ],
    [
      'an attempt that takes too long',
      { a: step({ ms: 60_000 }, { timeout: '150ms', retry: { maxAttempts: 1 } }), b: step({ value: '${nodes.a}' }) },
    ],
    [
      'a large value',
      {
        a: step({ value: '${input}' }),
        s: { kind: 'set', value: '${nodes.a + "!"}' },
        b: step({ value: '${size(nodes.s)}' }),
      },
      'x'.repeat(20_000),
    ],
    [
      'a map',
      {
        m: {
          kind: 'map',
          over: '[1, 2, 3, 4]',
          concurrency: 2,
          do: { nodes: { a: step({ value: '${item}' }), b: step({ value: '${nodes.a * 10}' }) }, output: '${nodes.b}' },
        },
        after: step({ value: '${nodes.m}' }),
      },
    ],
    [
      'a map that collects',
      {
        m: {
          kind: 'map',
          over: '[0, 1, 2]',
          onItemError: 'collect',
          do: step({ value: '${item}', failures: '${item == 1 ? 9 : 0}', type: 'refused' }),
        },
      },
    ],
    [
      'a map that fails',
      {
        m: {
          kind: 'map',
          over: '[0, 1, 2]',
          concurrency: 1,
          do: step({ value: '${item}', failures: '${item == 1 ? 9 : 0}', type: 'refused' }),
        },
      },
    ],
    ['a loop', { l: { kind: 'loop', state: 0, max: 5, do: step({ value: '${state + 1}' }), until: 'state >= 3' } }],
    [
      'a switch with a way to fail',
      {
        a: step({ value: 3 }),
        s: {
          kind: 'switch',
          cases: [{ when: 'nodes.a > 2', do: { kind: 'fail', type: 'too_much', message: 'It was ${nodes.a}' } }],
          else: step({ value: 1 }),
        },
      },
    ],
    [
      'a machine',
      {
        m: {
          kind: 'machine',
          start: 'one',
          max: 4,
          states: { one: { do: step({ value: 1 }), next: [{ to: 'two' }] }, two: { do: step({ value: 2 }) } },
        },
      },
    ],
    [
      'a graph with a bound',
      {
        g: {
          kind: 'graph',
          timeout: '200ms',
          nodes: { a: step({ ms: 60_000 }), b: step({}, { after: ['a'] }) },
          catch: [{ on: ['timeout'], do: step({ value: 'late' }) }],
        },
      },
    ],
    [
      'a wait in between',
      {
        a: step({ value: 1 }),
        w: { kind: 'wait', for: '100ms', after: ['a'] },
        b: step({ value: 2 }, { after: ['w'] }),
      },
    ],
    [
      'what runs beside a wait',
      { w: { kind: 'wait', for: '300ms' }, a: step({ value: 1 }), b: step({ value: '${nodes.a}' }) },
    ],
  ])('%s', async (_name, nodes, input = null) => {
    await expectSame({ ...HEAD, nodes }, input)
  })
})

test('every document of examples/ that is served does', { timeout: 300_000 }, async () => {
  const folder = new URL('../../examples/', import.meta.url)
  // This stack has no workers of other languages: which item of its map fails first is left to chance.
  const names = readdirSync(folder).filter((name) => name.endsWith('.yaml') && name !== 'mixed-languages.yaml')
  const played: string[] = []
  for (const name of names) {
    const input = JSON.parse(readFileSync(inputFile(folder, name), 'utf8'))
    const text = readFileSync(new URL(name, folder), 'utf8').replaceAll(DEMO_TOOLS_URL, stack().tools.url)
    if (await expectSame(withoutCache(parse(text)), input)) played.push(name)
  }
  expect(played).toContain('first-run.yaml')
})

/** Two runs at the same time may take results from each other, or not. */
const withoutCache = (document: Document): Document =>
  JSON.parse(JSON.stringify(document, (key, value) => (key === 'cache' ? undefined : value)))

test('random documents do', { timeout: FULL ? 1_800_000 : 120_000 }, async () => {
  const sound = arbitraryDocument({ catchAll: true })
    .map((document): Document => ({ ...HEAD, inputSchema: INPUT, ...withFunctions(document) }))
    .filter((document) => translate(document).ok)
  await fc.assert(
    fc.asyncProperty(sound, fc.nat({ max: 4 }), async (document, n) => {
      expect(await expectSame(document, { n })).toBe(true)
    }),
    { numRuns: FULL ? 300 : 25, seed: 20_261_126, endOnFailure: !FULL },
  )
})

const INPUT = { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } }

/** Resolves to whether the document is served at all. */
async function expectSame(document: Document, input: unknown): Promise<boolean> {
  const [auto, never] = await Promise.all([play(document, 'auto', input), play(document, 'never', input)])
  if (!auto || !never) {
    expect(auto).toEqual(never)
    return false
  }
  expect([faultsOf(auto), faultsOf(never)]).toEqual([[], []])
  expect(eventsByPath(withoutRunIds(auto))).toEqual(eventsByPath(withoutRunIds(never)))
  return true
}

/** Children have ids of their own in each run. */
const withoutRunIds = (events: StreamEvent[]): StreamEvent[] =>
  JSON.parse(JSON.stringify(events).replaceAll(/run_[0-9a-z]{26}/g, 'run_of_its_own'))

async function play(document: Document, fuse: 'auto' | 'never', input: unknown): Promise<StreamEvent[] | undefined> {
  const client = createClient(stack().url)
  const answer = await client.post('/runs', { ir: { ...document, execution: { fuse } }, input })
  if (answer.status === 422) return undefined
  expect(answer.status).toBe(201)
  const { id } = (await answer.json()) as { id: string }
  const events: StreamEvent[] = []
  for await (const event of client.follow(id)) {
    events.push(event)
    if (event.type === 'run.waiting') await answerAll(id, event.data as { waiting: { node: string; signal: string }[] })
  }
  return events
}

/** What people answer, by signal. */
const PEOPLE: Record<string, unknown> = {
  approve_refund: { ok: true },
  approve_book: { ok: true },
  confirm_expense: { merchant: 'Bahn', amount: 250.5, purpose: 'A journey' },
  sign_expense: { ok: true },
  answer: { text: 'Nothing more.' },
  confirm: { ok: true },
}

async function answerAll(id: string, { waiting }: { waiting: { node: string; signal: string }[] }): Promise<void> {
  for (const { node, signal } of waiting) {
    const path = `/runs/${id}/signals/${signal}?node=${encodeURIComponent(node)}`
    const answer = await createClient(stack().url).post(path, PEOPLE[signal] ?? { approved: true })
    expect([signal, answer.status]).toEqual([signal, 202])
  }
}

function inputFile(folder: URL, name: string): URL {
  const file = name.replace('.yaml', '.json')
  return name === 'first-run.yaml' ? new URL('first-run.input.json', folder) : new URL(`inputs/${file}`, folder)
}

/** Model calls become calls of a function that answers by its path. */
function withFunctions(document: TestDocument): TestDocument {
  return JSON.parse(JSON.stringify(document), (_key, value) => {
    if (value?.kind !== 'llm') return value
    const { prompt, ...rest } = value
    return { ...rest, kind: 'tool', tool: 'byPath', args: { prompt } }
  })
}
