import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { newRunId, workflowIdOf } from '@treadle/contract'
import { readHistory } from '@treadle/local'
import { sample } from '@treadle/translator/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { collect, createClient, faultsOf, type StreamEvent } from '../e2e/support/client.ts'
import { useStack } from '../support/use-stack.ts'
import { eventsByPath, FUNCTIONS, TOOLS } from './support.ts'

/** The worker is killed at each moment of a segment, once in a run: at all of them with TREADLE_TEST_FULL=1; else a seeded sample. */
const SAMPLE = 6

const step = (args: object, more: object = {}) => ({ kind: 'tool', tool: 'step', args, ...more })

/** `refused` is tried once, `unavailable` twice; both are caught. */
const NODES = {
  a: step({ value: 1 }),
  s: { kind: 'set', value: '${nodes.a + 1}' },
  m: {
    kind: 'map',
    over: '[10, 20]',
    maxItems: 2,
    do: { nodes: { x: step({ value: '${item}' }), y: step({ value: '${nodes.x + nodes.s}' }) }, output: '${nodes.y}' },
  },
  r: step(
    { failures: 99 },
    {
      after: ['m'],
      retry: { maxAttempts: 2, initialInterval: '20ms' },
      catch: [{ on: '*', do: step({ value: 'r' }) }],
    },
  ),
  c: step(
    { failures: 99, type: 'refused' },
    { after: ['r'], catch: [{ on: '*', do: { nodes: { d: step({ value: '${error.type}' }) } } }] },
  ),
  e: { kind: 'emit', event: 'done', data: '${nodes.m}', after: ['c'] },
}
const OUTPUT = { a: 1, s: 2, m: [12, 22], r: 'r', c: { d: 'refused' }, e: null }

/** A segment is a local activity where nothing else goes on in its run, and an ordinary one beside a timer. */
const HOSTS = { here: {}, elsewhere: { w: { kind: 'wait', for: '2s' } } } as const
type Host = keyof typeof HOSTS

const ATTEMPTS = ['a 1', 'm[0].x 1', 'm[1].x 1', 'm[0].y 1', 'm[1].y 1', 'r 1', 'r 2', 'r!0 1', 'c 1', 'c!0.d 1', 'e 1']
const POINTS = ['attempt.claimed', 'attempt.executed', 'attempt.ended']

type Case = { host: Host; point: string; attempt: string; id: string }

const ALL: Case[] = Object.keys(HOSTS).flatMap((host) =>
  ATTEMPTS.flatMap((attempt) => POINTS.map((point) => ({ host: host as Host, point, attempt, id: newRunId() }))),
)
/** The segment that ends the run is the document's own: it has no path. */
const LAST: Case = { host: 'here', point: 'run.ended', attempt: ' 1', id: newRunId() }
const CASES = [...sample(ALL, SAMPLE), LAST]

const executionsFile = join(mkdtempSync(join(tmpdir(), 'treadle-crashes-')), 'executions')
writeFileSync(executionsFile, '')
const stack = useStack({
  workerEnv: {
    ...FUNCTIONS,
    NODE_ENV: 'test',
    TREADLE_TEST_EXECUTIONS: executionsFile,
    TREADLE_CRASH_AT: CASES.map(({ point, id, attempt }) => `${point} ${id} ${attempt}`).join(),
  },
})
const client = () => createClient(stack().url)

let temporal: Client
/** Of runs whose worker lives, by host. */
const whole = {} as Record<Host, StreamEvent[]>
beforeAll(
  async () => {
    temporal = new Client({ connection: await Connection.connect({ address: stack().temporalAddress }) })
    for (const host of Object.keys(HOSTS) as Host[]) whole[host] = await logOf(await start(newRunId(), host))
    // One after the other, each in a worker of its own: those before wait for Temporal to notice meanwhile.
    for (const { id, host } of CASES) {
      await start(id, host)
      const [worker] = stack().workers
      await worker?.child.exited
      await worker?.restart()
    }
  },
  60_000 + CASES.length * 10_000,
)
afterAll(() => temporal?.connection.close())

async function start(id: string, host: Host): Promise<string> {
  const ir = { ir: 'treadle/v1', name: 'crashes', tools: TOOLS, nodes: { ...NODES, ...HOSTS[host] } }
  return (await client().start({ id, ir })).id
}

const logOf = (id: string) => collect(client().follow(id))

test.each(CASES)(
  'a worker that dies at $point of $attempt, $host, changes nothing',
  // A run whose next worker dies for another case is left alone longer each time: Temporal lets a workflow task that was lost often take more.
  { timeout: 300_000 },
  async ({ id, host, point, attempt }) => {
    const log = await logOf(id)
    expect(faultsOf(log)).toEqual([])
    expect(await client().result(id)).toMatchObject({ status: 'completed', output: OUTPUT })
    expect(eventsByPath(withoutDeaths(log))).toEqual(eventsByPath(whole[host]))

    // What died was claimed, and had no end; what was claimed with the end that was the last one is no matter.
    const isOpen = point === 'attempt.claimed' || point === 'attempt.executed'
    expect(diedOf(log).some(({ node, attempt: number }) => `${node} ${number}` === attempt)).toBe(isOpen)
    expectOnce(log, id)
    if (point === 'attempt.claimed') expect(executionsOf(id)).not.toContain(attempt)
    expect(await wasElsewhere(id)).toBe(host === 'elsewhere')
  },
)

/** Attempts of which no end was heard. */
const diedOf = (log: readonly StreamEvent[]) =>
  log.filter(
    ({ type, data }) => type === 'node.retrying' && (data as { error: { type: string } }).error.type === 'internal',
  )

/** The log as if they had not been: later attempts count from there. */
function withoutDeaths(log: readonly StreamEvent[]): StreamEvent[] {
  const died = diedOf(log)
  const isDead = ({ node, attempt }: StreamEvent) => died.some((each) => each.node === node && each.attempt === attempt)
  const before = ({ node, attempt = 0 }: StreamEvent) =>
    died.filter((each) => each.node === node && (each.attempt ?? 0) < attempt).length
  return log.flatMap((event) => {
    if (event.attempt === undefined) return [event]
    return isDead(event) ? [] : [{ ...event, attempt: event.attempt - before(event) }]
  })
}

/** Each attempt is executed once, and only again where the one before has no end or failed. */
function expectOnce(log: readonly StreamEvent[], id: string): void {
  const executed = executionsOf(id)
  expect(new Set(executed).size).toBe(executed.length)
  const started = log.flatMap(({ type, node, attempt }) => (type === 'node.started' ? [`${node} ${attempt}`] : []))
  expect(executed.filter((execution) => !started.includes(execution))).toEqual([])
}

const executionsOf = (id: string): string[] =>
  readFileSync(executionsFile, 'utf8')
    .split('\n')
    .flatMap((line) => (line.startsWith(`${id} `) ? [line.slice(id.length + 1)] : []))

async function wasElsewhere(id: string): Promise<boolean> {
  const workflowId = workflowIdOf('default', id)
  await temporal.workflow.getHandle(workflowId).result()
  const history = await readHistory(temporal, workflowId)
  return history.some(
    ({ activityTaskScheduledEventAttributes: given }) => given?.activityType?.name === 'executeSegment',
  )
}
