import { setTimeout as delay } from 'node:timers/promises'
import { type EventEnvelope, type Json, type RunRef, type SegmentTask, TreadleError } from '@treadle/contract'
import { createCancellation, type Host, runPlan, type SegmentRequest } from '@treadle/interpreter'
import { translate } from '@treadle/translator'
import { SegmentBroken, type SegmentControl } from '@treadle/worker/executor'
import { beforeAll, expect, test } from 'vitest'
import { faultsOf, type StreamEvent } from '../e2e/support/client.ts'
import { useExecutor } from '../worker/support/executor-bench.ts'

const executor = useExecutor()

/** What the function does at its n-th execution in a test: it runs before the result is given. */
let atExecution: (n: number, path: string) => Promise<void> | void = () => {}
let executions: string[] = []

beforeAll(() => {
  executor().functions.register('step', {}, async ({ value = null, failures = 0 }, context) => {
    executions.push(context.path)
    await atExecution(executions.length, context.path)
    if (failures > 0 && context.attempt <= failures) throw new TreadleError('unavailable', 'Not yet.')
    if (failures < 0) throw new TreadleError('refused', 'Never.')
    return value
  })
})

const step = (args: object = {}, more: object = {}) => ({ kind: 'tool', tool: 'step', args, ...more })
const FAST = { retry: { initialInterval: '1ms', maxAttempts: 5 } }

/** One of everything that a segment can hold. */
const DOCUMENT = {
  ir: 'treadle/v1',
  name: 'all',
  tools: { step: { kind: 'function', name: 'step' } },
  nodes: {
    a: step({ value: 1 }),
    s: { kind: 'set', value: '${nodes.a + 1}' },
    b: step({ value: '${nodes.s}', failures: 1 }, FAST),
    m: {
      kind: 'map',
      over: '[1, 2, 3, 4]',
      maxItems: 4,
      concurrency: 2,
      do: {
        nodes: { x: step({ value: '${item}' }), y: step({ value: '${nodes.x + nodes.b}' }) },
        output: '${nodes.y}',
      },
    },
    l: { kind: 'loop', state: 0, max: 3, do: step({ value: '${state + 1}' }), until: 'state >= 3', after: ['m'] },
    c: step(
      { failures: -1 },
      { after: ['l'], catch: [{ on: '*', do: { nodes: { d: step({ value: '${error.type}' }) } } }] },
    ),
    w: { kind: 'switch', cases: [{ when: 'nodes.l > 2', do: step({ value: 'much' }) }], after: ['c'] },
    e: { kind: 'emit', event: 'done', data: '${nodes.m}', after: ['w'] },
  },
}
const OUTPUT = {
  a: 1,
  s: 2,
  b: 2,
  m: [3, 4, 5, 6],
  l: 3,
  c: { d: 'refused' },
  w: 'much',
  e: null,
}
const EXECUTIONS = 17

test('a segment executes all that it holds, and the workflow hears of it at once', async () => {
  const { output, tasks, events } = await play()
  expect(output).toEqual(OUTPUT)
  expect(executions.length).toBe(EXECUTIONS)
  expect(tasks).toBe(1)
  expectWhole(events)
})

test.each(Array.from({ length: EXECUTIONS }, (_, index) => index + 1))(
  'an executor that is lost in execution %i is gone on from, and nothing is executed twice whose checkpoint was written',
  async (n) => {
    const { output, tasks, events } = await play(({ abandon }) => {
      atExecution = (at) => {
        if (at === n) abandon('lost')
      }
    })
    expect(output).toEqual(OUTPUT)
    expect(tasks).toBe(2)
    expectWhole(events)
  },
)

test.each([1, 3, 6, 11, 14])(
  'an executor that is cut off in execution %i, and comes back, changes nothing any more',
  async (n) => {
    let release: () => void = () => {}
    const cutOff = new Promise<void>((resolve) => {
      release = resolve
    })
    let isCut: () => void = () => {}
    const isAway = new Promise<void>((resolve) => {
      isCut = resolve
    })
    atExecution = (at) => {
      if (at !== n) return
      isCut()
      return cutOff
    }
    const run = await newRun()
    const zombie = execute(run)
    await isAway
    const { output } = await execute(run)
    expect(output).toEqual(OUTPUT)
    const before = await executor().events(run)
    release()
    // It is told by the log that it was taken over from, tries again as Temporal would have it do, and finds everything done.
    expect((await zombie).output).toEqual(OUTPUT)
    const after = await executor().events(run)
    expect(after).toEqual(before)
    expectWhole(after)
  },
)

test.each(Array.from({ length: EXECUTIONS }, (_, index) => index + 1))(
  'a cancel in execution %i ends everything that has begun, and starts nothing more',
  async (n) => {
    const run = await newRun()
    atExecution = async (at) => {
      if (at === n) await executor().runs.requestCancel(run.tenant, run.id)
    }
    const result = await execute(run)
    const events = await executor().events(run)
    // Where nothing asks the log any more before the end, the end was quicker.
    if ('output' in result) expect(n).toBe(EXECUTIONS)
    else expect(result.error).toBe('cancelled')
    expectWhole(events)
  },
)

test('no node is started after its time, and what is left is done by another task', async () => {
  atExecution = () => delay(20)
  const { output, tasks, events } = await play(undefined, { startMs: 30 })
  expect(output).toEqual(OUTPUT)
  expect(tasks).toBeGreaterThan(3)
  expectWhole(events)
})

test('a pause lets what has begun finish, and starts nothing more', async () => {
  const run = await newRun()
  atExecution = async (at) => {
    if (at === 2) await executor().runs.requestPause(run.tenant, run.id)
    if (at === 3) await executor().runs.requestResume(run.tenant, run.id, {})
  }
  const { output, tasks } = await execute(run)
  expect(output).toEqual(OUTPUT)
  expect(tasks).toBe(2)
})

async function play(onControl?: (control: SegmentControl) => void, options: { startMs?: number } = {}) {
  const run = await newRun()
  return { ...(await execute(run, onControl, options)), events: await executor().events(run) }
}

async function newRun(): Promise<RunRef> {
  executions = []
  return executor().newRun()
}

/** The core as the workflow hosts it, and Temporal's part: a task that failed is given out again. */
async function execute(
  run: RunRef,
  onControl?: (control: SegmentControl) => void,
  { startMs = 60_000 }: { startMs?: number } = {},
) {
  const { activities, appender } = executor()
  const { plan } = translate(DOCUMENT)
  if (!plan) throw new Error('The document has mistakes.')
  let tasks = 0
  const executeSegment = async ({ isRest: _isRest, timeoutMs: _timeoutMs, ...request }: SegmentRequest) => {
    const task: SegmentTask = { task: 1, run, ...request, startMs, outbox: [] }
    for (;;) {
      tasks += 1
      try {
        // As it comes out of Temporal: a copy.
        const given = structuredClone(task)
        const result = await activities.executeSegment(given, tasks === 1 && onControl ? onControl : () => {})
        return JSON.parse(JSON.stringify(result))
      } catch (error) {
        if (!(error instanceof SegmentBroken)) throw error
      }
    }
  }
  const notHere = () => {
    throw new Error('Everything of this plan is in one segment.')
  }
  let n = 0
  const host: Host = {
    now: () => Date.now(),
    emit: (event) => {
      n += 1
      void appender.record({ run, outbox: [{ n, ...event }] })
    },
    executeSegment,
    execute: notHere,
    evaluate: notHere,
    sleep: async ({ untilMs }) => {
      await delay(untilMs - Date.now())
      return true
    },
    receive: notHere,
    childRunId: notHere,
    startChild: notHere,
    childEnd: notHere,
  }
  const facts = { id: run.id, startedAt: new Date().toISOString() }
  try {
    const output: Json = await runPlan(plan, { input: null, run: facts, host, cancellation: createCancellation() })
    return { output, tasks }
  } catch (error) {
    return { error: (error as { info: { type: string } }).info.type, tasks }
  } finally {
    atExecution = () => {}
    await appender.flush()
  }
}

/** Every node that started has one end, and nothing starts after it. */
function expectWhole(events: EventEnvelope[]): void {
  const ended = { ...events.at(-1), seq: events.length + 1, type: 'run.completed' }
  expect(faultsOf([...events, ended] as StreamEvent[])).toEqual([])
  const done = new Set<string>()
  for (const { type, node = '' } of events) {
    if (type === 'node.started') expect([node, done.has(node)]).toEqual([node, false])
    if (type === 'node.completed') done.add(node)
  }
}
