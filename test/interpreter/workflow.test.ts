import { setTimeout } from 'node:timers/promises'
import { WorkflowUpdateFailedError } from '@temporalio/client'
import { Worker } from '@temporalio/worker'
import { HANDLERS, type RunEnd, TreadleError } from '@treadle/contract'
import { planOf } from '@treadle/interpreter/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deferred } from './support/deferred.ts'
import { bundle, type Engine, startEngine } from './support/engine.ts'

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine?.stop())

test('a run of the four plain kinds gives its output, and its log has one start and one end for each node', async () => {
  const plan = planOf({
    nodes: {
      ask: { kind: 'llm', prompt: '${input.question}' },
      kept: { kind: 'set', value: { answer: '${nodes.ask}' } },
      choice: {
        kind: 'switch',
        cases: [{ when: 'nodes.kept.answer == "yes"', do: { kind: 'tool', tool: 'look', args: { a: 1 } } }],
        else: { kind: 'set', value: 'no' },
      },
    },
    tools: { look: { kind: 'function', name: 'look', runtime: 'typescript' } },
    output: '${nodes.choice}',
  })
  const { handle, log } = await engine.start(plan, {
    input: { question: 'really?' },
    work: ({ work }) => (work.kind === 'llm' ? 'yes' : { found: work }),
  })
  expect(await handle.result()).toEqual({ found: { kind: 'function', tool: 'look', name: 'look', args: { a: 1 } } })
  expect(log.lines()).toEqual([
    'run.started',
    'node.started ask',
    'node.completed ask',
    'node.started kept',
    'node.completed kept',
    'node.started choice',
    'node.started choice?0',
    'node.completed choice?0',
    'node.completed choice',
    'run.completed',
  ])
})

test('what follows from two evaluations at once is replayed in the same order, whichever took longer', async () => {
  const handle = { $blob: { sha256: 'a'.repeat(64), size: 100_000 } }
  const plan = planOf({
    nodes: {
      slow: { kind: 'set', value: '${size(input.slow)}' },
      fast: { kind: 'set', value: '${size(input.fast)}' },
      // The longer way after what comes first: heard of together, the other would overtake it.
      way: { kind: 'set', value: '${nodes.fast + 1}' },
      on: { kind: 'set', value: '${nodes.way + 1}' },
      afterFast: { kind: 'llm', prompt: '${nodes.on}' },
      afterSlow: { kind: 'llm', prompt: '${nodes.slow}' },
    },
    output: '${[nodes.afterSlow, nodes.afterFast]}',
  })
  const run = await engine.start(plan, {
    input: { slow: handle, fast: handle },
    evaluating: ({ expressions }) => setTimeout(JSON.stringify(expressions).includes('slow') ? 200 : 0),
  })
  expect(await run.handle.result()).toEqual(['afterSlow', 'afterFast'])
  await Worker.runReplayHistory({ workflowBundle: await bundle() }, await run.handle.fetchHistory())
})

test('a signal that comes before its receive is kept for it', async () => {
  const plan = planOf({
    nodes: { first: { kind: 'llm' }, answer: { kind: 'receive', signal: 'go', after: ['first'] } },
    output: '${nodes.answer}',
  })
  const gate = deferred()
  const { handle, log } = await engine.start(plan, { work: () => gate.promise.then(() => 1) })
  await log.until('node.started', 'first')
  await handle.signal(HANDLERS.signal, { id: 's1', name: 'go', payload: { ok: true } })
  await handle.signal(HANDLERS.signal, { id: 's1', name: 'go', payload: { ok: 'a repeat' } })
  await log.until('signal.received')
  gate.resolve()

  expect(await handle.result()).toEqual({ ok: true })
  expect(log.events.filter(({ type }) => type === 'signal.received').map(({ data }) => data)).toEqual([
    { name: 'go', id: 's1', payload: { ok: true }, kept: true },
  ])
})

test('parallel receives each get their own signal: by path, else the oldest first', async () => {
  const receive = { kind: 'receive', signal: 'go' } as const
  const plan = planOf({ nodes: { a: receive, b: receive, c: receive } })
  const { handle, log } = await engine.start(plan)
  await log.until('run.waiting')
  const send = (id: string, payload: number, node?: string) =>
    handle.executeUpdate(HANDLERS.signal, { updateId: id, args: [{ id, name: 'go', payload, ...(node && { node }) }] })

  await send('u1', 1, 'b')
  await send('u2', 2)
  await send('u2', 2)
  await send('u3', 3)
  expect(await handle.result()).toEqual({ a: 2, b: 1, c: 3 })
  expect(log.lines()).toEqual([
    'run.started',
    'node.started a',
    'node.started b',
    'node.started c',
    'run.waiting',
    'signal.received b',
    'run.resumed',
    'node.completed b',
    'run.waiting',
    'signal.received a',
    'run.resumed',
    'node.completed a',
    'run.waiting',
    'signal.received c',
    'run.resumed',
    'node.completed c',
    'run.completed',
  ])
})

test('an update for which nothing waits is refused, and the run goes on waiting', async () => {
  const { handle, log } = await engine.start(planOf({ nodes: { a: { kind: 'receive', signal: 'go' } } }))
  await log.until('run.waiting')
  await expect(
    handle.executeUpdate(HANDLERS.signal, { args: [{ id: 'x', name: 'other', payload: 1 }] }),
  ).rejects.toThrow(WorkflowUpdateFailedError)
  expect(await handle.query(HANDLERS.state)).toEqual({
    runId: expect.any(String),
    status: 'waiting',
    asOfSeq: 0,
    nodes: { a: { status: 'running', attempt: 1 } },
  })
  await handle.executeUpdate(HANDLERS.signal, { args: [{ id: 'y', name: 'go', payload: 1 }] })
  expect(await handle.result()).toEqual({ a: 1 })
})

test('cancel reaches the running activity, waits for it, and ends the run as cancelled', async () => {
  const plan = planOf({ nodes: { slow: { kind: 'llm' }, never: { kind: 'set', value: '${nodes.slow}' } } })
  const { handle, log } = await engine.start(plan, { work: (_, signal) => untilAborted(signal) })
  await log.until('node.started', 'slow')
  await handle.cancel()
  await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } })
  expect(log.lines()).toEqual(['run.started', 'node.started slow', 'node.cancelled slow', 'run.cancelled'])
  expect((await handle.describe()).status.name).toBe('CANCELLED')
})

test('a failed run ends with the type of its error, after its last event', async () => {
  const plan = planOf({ nodes: { bad: { kind: 'llm' }, other: { kind: 'wait', forMs: 60_000 } } })
  const work = () => {
    throw new TreadleError('refused', 'No.')
  }
  const { handle, log } = await engine.start(plan, { work })
  await expect(handle.result()).rejects.toMatchObject({
    cause: { type: 'refused', message: 'No.', nonRetryable: true },
  })
  expect(log.lines().slice(1)).toEqual([
    'node.started other',
    'node.started bad',
    'node.failed bad',
    'node.cancelled other',
    'run.failed',
  ])
})

test('an error of an expression, and a defect of the plan, fail the run and no workflow task', async () => {
  const expression = await engine.start(planOf({ nodes: { bad: { kind: 'set', value: '${input.a.b}' } } }), {
    input: {},
  })
  await expect(expression.handle.result()).rejects.toMatchObject({ cause: { type: 'invalid_request' } })

  const plan = planOf({ nodes: { bad: { kind: 'llm', model: 'nobody' } } })
  const defect = await engine.start(plan)
  await expect(defect.handle.result()).rejects.toMatchObject({ cause: { type: 'internal' } })

  const newer = await engine.start({ ...plan, plan: 2 as 1 })
  await expect(newer.handle.result()).rejects.toMatchObject({ cause: { type: 'invalid_request' } })
  expect(newer.log.lines()).toEqual(['run.started', 'run.failed'])
})

test.each<[RunEnd, status: string]>([
  [{ type: 'completed', output: 'from elsewhere' }, 'COMPLETED'],
  [{ type: 'failed', error: { type: 'timeout', message: 'It was over.' } }, 'FAILED'],
  [{ type: 'cancelled' }, 'CANCELLED'],
])('a run that has ended elsewhere as %o ends so in Temporal too, and writes nothing more', async (end, status) => {
  const { handle, log } = await engine.start(planOf({ nodes: { a: { kind: 'receive', signal: 'go' } } }))
  await log.until('run.waiting')
  log.close(end)
  await handle.signal(HANDLERS.signal, { id: 's', name: 'other', payload: 1 })
  if (end.type === 'completed') expect(await handle.result()).toBe(end.output)
  else await expect(handle.result()).rejects.toThrow()
  expect((await handle.describe()).status.name).toBe(status)
  expect(log.lines().at(-1)).toBe(`run.${end.type}`)
})

test('a paused run schedules nothing until it is resumed', async () => {
  const plan = planOf({ nodes: { a: { kind: 'llm' }, b: { kind: 'llm', prompt: '${nodes.a}' } } })
  const gate = deferred()
  const { handle, log } = await engine.start(plan, { work: ({ path }) => gate.promise.then(() => path) })
  await log.until('node.started', 'a')
  await handle.signal(HANDLERS.control, { id: 'c1', action: 'pause', reason: 'lunch' })
  await log.until('run.paused')
  gate.resolve()
  await log.until('node.completed', 'a')
  expect(await handle.query(HANDLERS.state)).toMatchObject({ status: 'paused' })
  await handle.signal(HANDLERS.control, { id: 'c2', action: 'resume' })
  expect(await handle.result()).toEqual({ a: 'a', b: 'b' })
  expect(log.lines().slice(2)).toEqual([
    'run.paused',
    'node.completed a',
    'run.resumed',
    'node.started b',
    'node.completed b',
    'run.completed',
  ])
})

const untilAborted = (signal: AbortSignal) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
