import { planOf } from '@treadle/interpreter/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Engine, type Run, startEngine, type Work } from './support/engine.ts'

let engine: Engine
beforeAll(async () => {
  // Soon, so that a parent continues as new while it waits for its child.
  engine = await startEngine({ settings: ['limit.historyCount.suggestContinueAsNew=40'] })
})
afterAll(() => engine?.stop())

const llm = { kind: 'llm' } as const
const child = (document: Parameters<typeof planOf>[0]) =>
  ({ kind: 'run', workflow: { plan: planOf(document) } }) as const

test('a child run gives its output, and its events go to a log of its own', async () => {
  const run = await engine.start(
    planOf({ nodes: { c: { ...child({ nodes: { a: { kind: 'set', value: '${input.n}' } } }), input: { n: 5 } } } }),
  )
  expect(await run.handle.result()).toEqual({ c: { a: 5 } })
  expect(run.log.lines()).toEqual(['run.started', 'node.started c', 'node.completed c', 'run.completed'])
  expect(engine.logOf(childOf(run, 'c')).lines()).toEqual([
    'run.started',
    'node.started a',
    'node.completed a',
    'run.completed',
  ])
})

test('a child’s failure is the node’s, and can be caught', async () => {
  const failing = child({ nodes: { f: { kind: 'fail', type: 'mine', message: 'no' } } })
  const caught = { ...failing, catch: [{ on: ['mine'], do: { kind: 'set', value: '${error.message}' } as const }] }
  const run = await engine.start(planOf({ nodes: { c: caught } }))
  expect(await run.handle.result()).toEqual({ c: 'no' })
})

test('cancel reaches the child, and waits for it', async () => {
  const run = await engine.start(planOf({ nodes: { c: child({ nodes: { slow: llm } }) } }), { work: untilAborted })
  await run.log.until('node.started', 'c')
  const childLog = engine.logOf(childOf(run, 'c'))
  await childLog.until('node.started', 'slow')
  await run.handle.cancel()
  await expect(run.handle.result()).rejects.toThrow()
  expect(childLog.lines()).toEqual(['run.started', 'node.started slow', 'node.cancelled slow', 'run.cancelled'])
  expect(run.log.lines()).toEqual(['run.started', 'node.started c', 'node.cancelled c', 'run.cancelled'])
})

test('a child that ends after its parent has continued as new is heard', async () => {
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const work: Work = async ({ path }) => {
    if (path === 'slow') await held
    return path
  }
  const busy = { kind: 'loop', max: 20, do: llm } as const
  const run = await engine.start(planOf({ nodes: { c: child({ nodes: { slow: llm } }), busy } }), { work })
  await run.log.until('node.completed', 'busy')
  release()
  expect(await run.handle.result()).toMatchObject({ c: { slow: 'slow' } })
})

test('runs nested without end come to one', async () => {
  let plan = planOf({ nodes: { a: llm } })
  for (let depth = 0; depth < 10; depth++) plan = planOf({ nodes: { c: { kind: 'run', workflow: { plan } } } })
  const run = await engine.start(plan)
  await expect(run.handle.result()).rejects.toMatchObject({ cause: { type: 'limit_reached' } })
})

function childOf({ log }: Run, node: string): string {
  const started = log.events.find((event) => event.type === 'node.started' && event.node === node)
  return String(started?.data.childRunId)
}

const untilAborted: Work = (_, signal) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
