import { HANDLERS, isHandle, type Plan } from '@treadle/contract'
import { planOf } from '@treadle/interpreter/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deferred } from './support/deferred.ts'
import { type Engine, type Run, startEngine, type Work } from './support/engine.ts'

// The server suggests to continue at 4,096 events as it is shipped; here soon, so that a test of seconds passes several times.
let engine: Engine
beforeAll(async () => {
  engine = await startEngine({ settings: ['limit.historyCount.suggestContinueAsNew=40'] })
})
afterAll(() => engine?.stop())

test('a loop goes on in the middle, and its log is the same as without', async () => {
  const plan = planOf({
    nodes: {
      first: { kind: 'set', value: 'kept' },
      l: {
        after: ['first'],
        kind: 'loop',
        state: 0,
        max: 30,
        do: {
          nodes: { step: { kind: 'llm', prompt: '${state}' }, n: { kind: 'set', value: '${nodes.step}' } },
          output: '${nodes.n}',
        },
      },
      last: { kind: 'set', value: ['${nodes.first}', '${nodes.l}'] },
    },
    output: '${nodes.last}',
  })
  const work: Work = ({ work }) => (work.kind === 'llm' ? Number(work.messages[0]?.content) + 1 : null)
  const { run, result } = await runToEnd(plan, work)
  expect(result).toEqual(['kept', 30])
  expect(await continuations(run)).toBeGreaterThan(1)
  const steps = Array.from({ length: 30 }, (_, i) =>
    ['step', 'n'].flatMap((id) => [`node.started l#${i}.${id}`, `node.completed l#${i}.${id}`]),
  )
  expect(run.log.lines()).toEqual([
    'run.started',
    'node.started first',
    'node.completed first',
    'node.started l',
    ...steps.flat(),
    'node.completed l',
    'node.started last',
    'node.completed last',
    'run.completed',
  ])
})

test('a map goes on in the middle: each item is executed once', async () => {
  const plan = planOf({
    nodes: {
      m: {
        kind: 'map',
        over: 'input',
        concurrency: 4,
        do: { nodes: { a: { kind: 'llm' }, b: { kind: 'llm', prompt: '${nodes.a}' } } },
      },
    },
  })
  const input = Array.from({ length: 25 }, (_, i) => i)
  const { run, result } = await runToEnd(plan, ({ path }) => path, input)
  expect(result).toEqual({ m: input.map((i) => ({ a: `m[${i}].a`, b: `m[${i}].b` })) })
  expect(await continuations(run)).toBeGreaterThan(0)
  const started = run.log.lines().filter((line) => line.startsWith('node.started m['))
  expect(started).toHaveLength(50)
  expect(new Set(started).size).toBe(50)
})

test('receives, timers, kept signals and seen ids are carried', async () => {
  const busy = { kind: 'loop', max: 20, do: { kind: 'llm' } } as const
  const plan = planOf({
    nodes: {
      younger: { kind: 'receive', signal: 'go', after: ['zero'] },
      older: { kind: 'receive', signal: 'go' },
      zero: { kind: 'llm' },
      times: { kind: 'receive', signal: 'never', timeoutMs: 1_500, default: 'late' },
      sleeps: { kind: 'wait', forMs: 1_500 },
      busy,
      early: { kind: 'receive', signal: 'early', after: ['busy'] },
    },
  })
  const half = deferred()
  const run = await engine.start(plan, {
    work: async ({ path }) => {
      if (path === 'busy#10') await half.promise
      return path
    },
  })
  await run.handle.signal(HANDLERS.signal, { id: 'e', name: 'early', payload: 'kept' })
  await run.log.until('node.completed', 'busy#9')
  await run.handle.signal(HANDLERS.signal, { id: 'e', name: 'early', payload: 'a repeat' })
  half.resolve()
  await run.log.until('node.completed', 'busy')
  await run.handle.executeUpdate(HANDLERS.signal, { args: [{ id: '1', name: 'go', payload: 1 }] })
  await run.handle.executeUpdate(HANDLERS.signal, { args: [{ id: '2', name: 'go', payload: 2 }] })

  expect(await run.handle.result()).toMatchObject({ older: 1, younger: 2, times: 'late', sleeps: null, early: 'kept' })
  expect(await continuations(run)).toBeGreaterThan(0)
  const started = run.log.lines().filter((line) => line.startsWith('node.started'))
  expect(new Set(started).size).toBe(started.length)
})

test('an agent goes on in the middle of its conversation: who speaks, open approvals and the one repair are carried', async () => {
  const plan = planOf({
    tools: { look: { kind: 'function', name: 'look', runtime: 'typescript' } },
    nodes: {
      a: {
        kind: 'agent',
        instructions: 'first',
        tools: ['look'],
        maxTurns: 30,
        handoffs: [{ name: 'other', instructions: 'second', tools: ['look'], approve: ['look'] }],
      },
    },
    output: '${nodes.a}',
  })
  const told: { turn: number; instructions?: unknown; results?: unknown[] }[] = []
  const work: Work = ({ work }) => {
    if (work.kind !== 'modelTurn') return null
    const { turn, instructions, results } = work
    told.push({ turn, ...(instructions !== undefined && { instructions }), ...(results && { results }) })
    const looks = [0, 1].map((index) => ({ id: `c${index}`, name: 'look', arguments: '{}' }))
    if (turn === 10) return { toolCalls: [{ id: 'h', name: 'handoff_to_other', arguments: '{}' }] }
    if (turn === 15) return { misfit: 'not so' }
    return turn < 24 ? { toolCalls: looks } : { output: 'done' }
  }
  const run = await engine.start(plan, { work })
  for (const turn of [11, 12, 13, 14, 16, 17, 18, 19, 20, 21, 22, 23]) {
    for (const index of [0, 1]) {
      const node = `a~${turn}.tool[${index}].approve`
      await run.log.until('node.started', node)
      // As the API sends one that finds nobody: a run that has just continued as new waits again only a moment later.
      await run.handle.signal(HANDLERS.signal, { id: node, name: 'approve_look', node, payload: { ok: true } })
    }
  }
  expect(await run.handle.result()).toBe('done')
  expect(await continuations(run)).toBeGreaterThan(2)
  expect(told.map(({ turn }) => turn)).toEqual(Array.from({ length: 25 }, (_, turn) => turn))
  expect(told.flatMap(({ turn, instructions }) => (instructions === undefined ? [] : [[turn, instructions]]))).toEqual([
    [0, 'first'],
    [11, 'second'],
  ])
  const calls = [1, 24].map((turn) => told[turn]?.results)
  expect(calls).toEqual(
    [1, 24].map((turn) => [0, 1].map((i) => ({ toolCallId: `c${i}`, path: `a~${turn - 1}.tool[${i}]` }))),
  )
  const started = run.log.lines().filter((line) => line.startsWith('node.started'))
  expect(new Set(started).size).toBe(started.length)
})

test('outputs that are too much to be carried are put aside as handles', async () => {
  const plan = planOf({
    nodes: { m: { kind: 'map', over: 'input', concurrency: 4, do: { kind: 'llm' } } },
    output: '${nodes.m}',
  })
  const input = Array.from({ length: 60 }, (_, i) => i)
  const { run, result } = await runToEnd(plan, ({ path }) => path + 'x'.repeat(14_000), input)
  expect(result).toHaveLength(60)
  expect(await continuations(run)).toBeGreaterThan(0)
  expect((result as unknown[]).filter(isHandle).length).toBeGreaterThan(10)
})

async function runToEnd(plan: Plan, work: Work, input: unknown = null) {
  const run = await engine.start(plan, { work, input })
  return { run, result: await run.handle.result() }
}

/** How often the run continued as new. */
async function continuations({ id }: Run): Promise<number> {
  let count = 0
  for await (const execution of engine.client.workflow.list({ query: `WorkflowId = "default:${id}"` }))
    if (execution.status.name === 'CONTINUED_AS_NEW') count += 1
  return count
}
