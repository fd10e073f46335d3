import { fileURLToPath } from 'node:url'
import { NativeConnection, Worker } from '@temporalio/worker'
import { type Bridge, createBridge } from '@treadle/bridge'
import { newRunId, type TemporalWorkflowSpec, TreadleError, workflowIdOf } from '@treadle/contract'
import { createSupervisor, freePort, startTemporalServer } from '@treadle/local'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { silenceTemporal } from '../interpreter/support/engine.ts'

const supervisor = createSupervisor()
let address: string
let bridge: Bridge
let worker: Worker
let working: Promise<void>

beforeAll(async () => {
  const server = await startTemporalServer(supervisor, {
    executable: inject('shared').temporal,
    port: await freePort(),
  })
  address = server.address
  bridge = createBridge({ address, namespace: 'default', workerTimeoutMs: 5_000 })
  silenceTemporal()
  worker = await Worker.create({
    connection: await NativeConnection.connect({ address }),
    taskQueue: 'treadle-workflows',
    workflowsPath: fileURLToPath(new URL('support/workflows.ts', import.meta.url)),
  })
  working = worker.run()
})

afterAll(async () => {
  worker?.shutdown()
  await working
  await bridge?.close()
  await supervisor.stopAll()
})

const signal = (name: string, payload: unknown = null) => ({ id: `id-${name}-${String(payload)}`, name, payload })

async function started(changes: Partial<TemporalWorkflowSpec> = {}): Promise<string> {
  const spec = specOf(changes)
  expect(await bridge.start(spec)).toBe('started')
  return spec.workflowId
}

test('a run is started with its attributes, and starting it again is a success, also after its end', async () => {
  const spec = specOf({ workflowExecutionTimeoutMs: 60_000, priority: { priorityKey: 2, fairnessKey: 'default' } })
  expect(await bridge.start(spec)).toBe('started')
  await bridge.start(spec)
  expect(await bridge.describe(spec.workflowId)).toEqual({ state: 'running' })
  expect(await bridge.signalUpdate(spec.workflowId, signal('go', 'end'))).toBe('accepted')
  await expect.poll(() => bridge.describe(spec.workflowId)).toEqual({ state: 'closed', how: 'completed' })
  expect(await bridge.start(spec)).toBe('already-started')
  expect(await bridge.describe(spec.workflowId)).toEqual({ state: 'closed', how: 'completed' })
})

test('an update that none waits for is rejected, and the same update again has the same outcome', async () => {
  const id = await started()
  expect(await bridge.signalUpdate(id, signal('other'))).toBe('rejected')
  expect(await bridge.signalUpdate(id, signal('go', 'end'))).toBe('accepted')
  expect(await bridge.signalUpdate(id, signal('go', 'end'))).toBe('accepted')
  expect(await bridge.signalUpdate(id, signal('go', 'again'))).toBe('not-found')
})

test('signals and control reach the workflow in order, and a query shows it', async () => {
  const id = await started()
  expect(await bridge.signalLater(id, signal('early', 'one'))).toBe('sent')
  expect(await bridge.control(id, { id: 'c1', action: 'pause' })).toBe('sent')
  expect(await bridge.queryState(id)).toEqual({ outcome: 'answered', state: { kept: ['one', 'pause'] } })
})

test('each way of ending is told apart', async () => {
  const [cancelled, terminated, failed, late] = [
    await started(),
    await started(),
    await started(),
    await started({ workflowExecutionTimeoutMs: 1_000 }),
  ]
  expect(await bridge.cancel(cancelled)).toBe('requested')
  expect(await bridge.terminate(terminated, 'because')).toBe('terminated')
  await bridge.signalUpdate(failed, signal('go', 'fail'))
  await expect.poll(() => bridge.describe(cancelled)).toEqual({ state: 'closed', how: 'cancelled' })
  await expect
    .poll(() => bridge.describe(terminated))
    .toEqual({ state: 'closed', how: 'terminated', reason: 'because' })
  await expect.poll(() => bridge.describe(failed)).toEqual({ state: 'closed', how: 'failed' })
  await expect.poll(() => bridge.describe(late), { timeout: 20_000 }).toEqual({ state: 'closed', how: 'timed-out' })
})

test('what is not there, or has ended, is not found', async () => {
  const id = 'default:run_unknown'
  expect(await bridge.describe(id)).toEqual({ state: 'not-found' })
  expect(await bridge.cancel(id)).toBe('not-found')
  expect(await bridge.terminate(id, 'x')).toBe('not-found')
  expect(await bridge.signalUpdate(id, signal('go'))).toBe('not-found')
  expect(await bridge.signalLater(id, signal('go'))).toBe('not-found')
  expect(await bridge.queryState(id)).toEqual({ outcome: 'not-found' })
})

test('what Temporal would not take is refused before it is sent, with both figures', async () => {
  const [args] = specOf({}).args
  const large = specOf({ args: [{ ...args, input: 'x'.repeat(3 * 1024 * 1024) }] })
  await expect(bridge.start(large)).rejects.toMatchObject({
    type: 'invalid_request',
    details: { bytes: expect.any(Number), bytesMax: expect.any(Number) },
  })
})

test('without a worker an update and a query end in time', async () => {
  const impatient = createBridge({ address, namespace: 'default', workerTimeoutMs: 300 })
  const id = await started({ taskQueue: 'nobody-polls' as 'treadle-workflows' })
  expect(await impatient.signalUpdate(id, signal('go', 'end'))).toBe('no-worker')
  expect(await impatient.queryState(id)).toEqual({ outcome: 'no-worker' })
  await impatient.close()
})

test('a Temporal that is not there is unavailable, in time, and its address stays out of the message', async () => {
  const port = await freePort()
  const lost = createBridge({ address: `127.0.0.1:${port}`, namespace: 'default', callTimeoutMs: 300 })
  const error = await lost.start(specOf({})).catch((thrown) => thrown)
  expect(error).toBeInstanceOf(TreadleError)
  expect(error).toMatchObject({ type: 'unavailable', message: expect.not.stringContaining(String(port)) })
  await expect(lost.checkHealth()).rejects.toMatchObject({ type: 'unavailable' })
  await lost.close()
})

test('a namespace that serves is healthy', () => expect(bridge.checkHealth()).resolves.toBeUndefined())

function specOf(changes: Partial<TemporalWorkflowSpec>): TemporalWorkflowSpec {
  const run = { id: newRunId(), tenant: 'default', createdAt: '2026-11-24T00:00:00.000Z' }
  const plan = { plan: 1, name: 'test' } as unknown as TemporalWorkflowSpec['args'][0]['plan']
  return {
    workflowType: 'treadleRun',
    workflowId: workflowIdOf(run.tenant, run.id),
    taskQueue: 'treadle-workflows',
    args: [{ run, plan, input: {} }],
    searchAttributes: {
      TreadleTenant: 'default',
      TreadleWorkflow: 'test',
      TreadleStatus: 'running',
      TreadleTags: ['team=a', 'x=y'],
    },
    memo: { note: 'a test' },
    staticSummary: 'test',
    ...changes,
  }
}
