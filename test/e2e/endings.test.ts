import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type RunResult, workflowIdOf } from '@treadle/contract'
import { beforeAll, expect, inject, test, vi } from 'vitest'
import { useStack } from '../support/use-stack.ts'
import { collect, createClient, faultsOf, type StreamEvent } from './support/client.ts'
import { ASK, ECHO, WAIT } from './support/documents.ts'
import { followUntil } from './support/follow-until.ts'

// Temporal's bound on a run is short here: a run that waits runs into it, and the others have ended by then.
const stack = useStack({ apiEnv: { TREADLE_RECONCILE_INTERVAL_MS: '100', TREADLE_RUN_TIMEOUT_MS: '12000' } })
const client = () => createClient(stack().url)

/** What a person types into a terminal: `temporal workflow …`, the real program. */
const temporal = (command: string, id: string, ...more: string[]) =>
  promisify(execFile)(inject('shared').temporal, [
    ...['workflow', command, '--address', stack().temporalAddress, '--workflow-id', workflowIdOf('default', id)],
    ...more,
  ])

const FAIL = { ir: 'treadle/v1', name: 'fail', nodes: { no: { kind: 'fail', type: 'nope', message: 'no' } } }

/** The model breaks off once its gate is opened. */
const BREAKS = { ...ASK, nodes: { answer: { ...ASK.nodes.answer, prompt: 'Tell me something' } } }

/** How each run is ended, and the end that its log has to have. */
const ENDINGS: Record<
  string,
  {
    document: object
    end?: (id: string) => Promise<unknown>
    last: object
    /** How Temporal closed it, where that is not how the log ends. */
    engineStatus?: 'TERMINATED' | 'TIMED_OUT' | 'NOT_FOUND'
  }
> = {
  'it completes': { document: ECHO, last: { type: 'run.completed' } },
  'it fails': { document: FAIL, last: { type: 'run.failed', data: { error: { type: 'nope' } } } },
  'it is cancelled': {
    document: WAIT,
    end: (id) => client().post(`/runs/${id}/cancel`, { reason: 'enough' }),
    last: { type: 'run.cancelled', data: { reason: 'enough' } },
  },
  'it is cancelled, and its model breaks off before the worker hears of that': {
    document: BREAKS,
    async end(id) {
      await client().post(`/runs/${id}/cancel`, { reason: 'enough' })
      // Temporal knows, and the worker, which hears of it with its next heartbeat, does not.
      await vi.waitFor(async () => {
        const { stdout } = await temporal('describe', id, '--output', 'json')
        expect(stdout).toContain('CANCEL_REQUESTED')
      }, 10_000)
      stack().model.open('breaks')
    },
    last: { type: 'run.cancelled', data: { reason: 'enough' } },
  },
  'it is terminated': {
    document: WAIT,
    end: (id) => client().post(`/runs/${id}/terminate`, { reason: 'now' }),
    last: { type: 'run.cancelled', data: { reason: 'now', forced: true } },
    engineStatus: 'TERMINATED',
  },
  'the API dies before it tells Temporal that it is cancelled': {
    document: ASK,
    async end(id) {
      const { url, service } = await stack().startApi({ NODE_ENV: 'test', TREADLE_CRASH_AT: 'cancel.flagged' })
      await createClient(url)
        .post(`/runs/${id}/cancel`, { reason: 'enough' })
        .catch(() => {}) // It dies.
      await service.child.exited
      stack().model.open('goes on')
    },
    last: { type: 'run.cancelled', data: { reason: 'enough' } },
  },
  'somebody cancels it by Temporal’s CLI': {
    document: WAIT,
    end: (id) => temporal('cancel', id),
    last: { type: 'run.cancelled' },
  },
  'somebody terminates it by Temporal’s CLI': {
    document: WAIT,
    end: (id) => temporal('terminate', id, '--reason', 'from a terminal'),
    last: { type: 'run.cancelled', data: { reason: 'from a terminal', forced: true } },
    engineStatus: 'TERMINATED',
  },
  'somebody terminates it while a model speaks': {
    document: ASK,
    end: (id) => temporal('terminate', id, '--reason', 'from a terminal'),
    last: { type: 'run.cancelled', data: { reason: 'from a terminal', forced: true } },
    engineStatus: 'TERMINATED',
  },
  'Temporal’s time for it is over': {
    document: WAIT,
    last: { type: 'run.failed', data: { error: { type: 'timeout' } } },
    engineStatus: 'TIMED_OUT',
  },
  'somebody deletes it by Temporal’s CLI': {
    document: WAIT,
    end: (id) => temporal('delete', id, '--yes'),
    last: { type: 'run.failed', data: { error: { type: 'internal' } } },
    engineStatus: 'NOT_FOUND',
  },
}

const logs = new Map<string, { id: string; events: StreamEvent[]; waited: RunResult }>()

beforeAll(async () => {
  stack().model.when({ prompt: 'Question: endless' }, [
    { text: 'and so ' },
    { gate: 'goes on' },
    { text: 'on' },
    { hang: true },
  ])
  stack().model.when({ prompt: 'Tell me something' }, [{ text: 'once ' }, { gate: 'breaks' }, { cut: true }])
  await stack().startApi() // Two reconcilers.
  await Promise.all(
    Object.entries(ENDINGS).map(async ([name, { document, end }]) => {
      const { id } = await client().start({ ir: document, input: { question: 'endless' } })
      const reading = collect(client().follow(id))
      const waiting = client().result(id)
      if (document === WAIT) await followUntil(client(), id, 'run.waiting')
      if (document === ASK || document === BREAKS) await followUntil(client(), id, 'node.delta')
      await end?.(id)
      logs.set(name, { id, events: await reading, waited: await waiting })
    }),
  )
}, 120_000)

test.each(Object.keys(ENDINGS))('a log has one last event, and every node in it an end, when %s', async (name) => {
  const { id = '', events = [] } = logs.get(name) ?? {}
  const { last, engineStatus } = ENDINGS[name] ?? {}
  expect(faultsOf(events)).toEqual([])
  expect(events.at(-1)).toMatchObject(last ?? {})
  const run = await (await client().get(`/runs/${id}`)).json()
  expect(run).toMatchObject({ status: events.at(-1)?.type.slice(4), ...(engineStatus && { engineStatus }) })
  expect(await collect(client().follow(id))).toEqual(events)
  await expect.poll(() => statusInTemporal(id)).toBe(engineStatus ?? events.at(-1)?.type.slice(4).toUpperCase())
})

test.each(Object.keys(ENDINGS))('whoever waits for the result gets the one that stays when %s', async (name) => {
  const { id = '', waited } = logs.get(name) ?? {}
  expect(await client().result(id)).toEqual(waited)
})

/** As `temporal workflow describe` shows it, in the server's words. */
async function statusInTemporal(id: string): Promise<string | undefined> {
  const described = await temporal('describe', id, '--output', 'json').catch(() => undefined)
  if (!described) return 'NOT_FOUND'
  const { workflowExecutionInfo } = JSON.parse(described.stdout)
  return workflowExecutionInfo.status.replace('WORKFLOW_EXECUTION_STATUS_', '').replace('CANCELED', 'CANCELLED')
}
