import { expect, test } from 'vitest'
import { collect, createClient, faultsOf, type StreamEvent } from '../e2e/support/client.ts'
import { child, documentOf, llm } from '../e2e/support/nodes.ts'
import { useStack } from '../support/use-stack.ts'
import { eventsByPath, FUNCTIONS, TOOLS } from './support.ts'

const stack = useStack({ workerEnv: FUNCTIONS })
const client = () => createClient(stack().url)

/** `when` makes unknown what a document takes at least, which has to be within its limits. */
const step = (args: object, more: object = {}) => ({ kind: 'tool', tool: 'step', when: 'input', args, ...more })

const CALLS = { x: llm('One.', { when: 'input' }), y: llm('Two.', { when: 'input', after: ['x'] }) }
const CHAIN = {
  a: step({ value: 1 }),
  b: step({ value: '${nodes.a}' }),
  s: { kind: 'set', value: '${nodes.b}', when: 'input' },
  c: step({ value: '${nodes.s}' }),
  d: step({ value: '${nodes.c}' }),
}

type OnExceeded = 'fail' | 'pause'
type Case = { nodes: object; limit: object; raised: object; only?: OnExceeded }

/** What meets the limit while short nodes are executed, and where it is raised to once the run is paused. */
const CASES: Record<string, Case> = {
  'nodes of a chain': { nodes: CHAIN, limit: { nodeRuns: 3 }, raised: { nodeRuns: 5 } },
  'a value in the middle': { nodes: CHAIN, limit: { nodeRuns: 2 }, raised: { nodeRuns: 9 } },
  'items of a map': {
    nodes: {
      m: {
        kind: 'map',
        over: '[1, 2, 3, 4]',
        maxItems: 4,
        concurrency: 1,
        when: 'input',
        do: step({ value: '${item}' }),
      },
    },
    limit: { nodeRuns: 3 },
    raised: { nodeRuns: 5 },
  },
  'iterations of a loop': {
    nodes: {
      l: { kind: 'loop', state: 0, max: 9, when: 'input', do: step({ value: '${state + 1}' }), until: 'state >= 5' },
    },
    limit: { nodeRuns: 4 },
    raised: { nodeRuns: 50 },
  },
  'nodes of a child': {
    nodes: { c: child(CHAIN, { input: true, when: 'input' }, { tools: TOOLS }) },
    limit: { nodeRuns: 3 },
    raised: { nodeRuns: 9 },
  },
  'the time of the run': {
    nodes: { a: step({ value: 1 }), b: step({ ms: 4_500, after: '${nodes.a}' }), c: step({ value: '${nodes.b}' }) },
    limit: { duration: '1s' },
    raised: { durationMs: 60_000 },
  },
  'a model call beside a chain': {
    nodes: {
      ...CALLS,
      a: step({ value: 1, ms: 1_000 }),
      b: step({ value: '${nodes.a}', ms: 600 }),
      c: step({ value: '${nodes.b}', ms: 600 }),
    },
    limit: { llmCalls: 1 },
    raised: { llmCalls: 2 },
    only: 'pause',
  },
  // Longer than a cancel takes to come.
  'a model call beside a long step': {
    nodes: { ...CALLS, a: step({ value: 1, ms: 4_500 }), b: step({ value: '${nodes.a}' }) },
    limit: { llmCalls: 1 },
    raised: {},
    only: 'fail',
  },
}

const BOTH = Object.entries(CASES).flatMap(([name, { only }]) =>
  (only ? [only] : (['fail', 'pause'] as const)).map((onExceeded) => ({ name, onExceeded })),
)

test.each(BOTH)(
  'a limit that is met by $name ends in the same way with segments and without: $onExceeded',
  { timeout: 120_000 },
  async ({ name, onExceeded }) => {
    const { nodes, limit, raised } = CASES[name] as Case
    const limits = { ...limit, onExceeded }
    const [auto, never] = await Promise.all(
      ['auto', 'never'].map((fuse) => play(withFuse(documentOf(nodes, { tools: TOOLS, limits }), fuse), raised)),
    )
    for (const log of [auto, never]) {
      expect(faultsOf(log ?? [])).toEqual([])
      expect(log?.at(-1)?.type).toBe(onExceeded === 'fail' ? 'run.failed' : 'run.completed')
      expect(log?.filter(({ type }) => type === 'run.paused')).toHaveLength(onExceeded === 'fail' ? 0 : 1)
      expect(beganInPause(log ?? [])).toEqual([])
    }
    expect(eventsByPath(withoutFigures(auto ?? []))).toEqual(eventsByPath(withoutFigures(never ?? [])))
  },
)

/** Of the document and of those in it. */
const withFuse = (document: object, fuse: string): object =>
  JSON.parse(JSON.stringify(document), (_key, value) =>
    value?.ir === undefined ? value : { ...value, execution: { fuse } },
  )

/** A run to its end; the limit is raised when it is paused. */
async function play(ir: object, raised: object): Promise<StreamEvent[]> {
  const { id } = await client().start({ ir, input: true })
  for await (const { type } of client().follow(id)) {
    if (type !== 'run.paused') continue
    await new Promise((resolve) => setTimeout(resolve, 3_000)) // Time for what should not begin.
    expect((await client().post(`/runs/${id}/resume`, { limits: raised })).status).toBe(202)
  }
  return collect(client().follow(id))
}

function beganInPause(log: readonly StreamEvent[]): (string | undefined)[] {
  const from = log.findIndex(({ type }) => type === 'run.paused')
  const to = log.findIndex(({ type }) => type === 'run.resumed')
  return log
    .slice(Math.max(0, from), Math.max(0, to))
    .flatMap(({ type, node }) => (type === 'node.started' ? [node] : []))
}

/** Run ids are another one in each run, and of time a little more may have passed. */
const withoutFigures = (events: StreamEvent[]): StreamEvent[] =>
  JSON.parse(
    JSON.stringify(events)
      .replaceAll(/run_[0-9a-z]{26}/g, 'run_of_its_own')
      .replaceAll(/\d+ ms used/g, 'so much used')
      .replaceAll(/"used":\d{4,}/g, '"used":"so much"'),
  )
