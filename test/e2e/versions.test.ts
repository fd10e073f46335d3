import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { workflowIdOf } from '@treadle/contract'
import { countOpenRuns, createSupervisor, deployWorkers, makeCurrent, silentReport } from '@treadle/local'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { openLedger } from '../support/ledger.ts'
import type { Service } from '../support/service.ts'
import { useStack } from '../support/use-stack.ts'
import { createClient } from './support/client.ts'
import { ASK, WAIT } from './support/documents.ts'
import { followUntil } from './support/follow-until.ts'

const stack = useStack({ workers: 0 })
const client = () => createClient(stack().url)
const deployment = { namespace: 'default', deploymentName: 'treadle' }
/** Of another version of the interpreter: it begins with a timer, which no history of the first one has. */
const OTHER_BUILD = 'aaaaaaaaaaaaaaaa'

let temporal: Client
let bundles: string
let first: { worker: Service; buildId: string }

beforeAll(async () => {
  temporal = new Client({ connection: await Connection.connect({ address: stack().temporalAddress }) })
  bundles = join(stack().folder, 'bundles')
  await mkdir(bundles)
  const worker = await stack().startWorker({ TREADLE_DEPLOYMENT: 'treadle', TREADLE_BUNDLES: bundles })
  const [file = ''] = await readdir(bundles)
  first = { worker, buildId: /^workflow-(.*)\.js$/.exec(file)?.[1] ?? '' }
  const code = await readFile(join(bundles, file), 'utf8')
  const changed = code.replace('session.run()', 'new Promise((go) => setTimeout(go, 1)).then(() => session.run())')
  expect(changed).not.toBe(code)
  await writeFile(join(bundles, `workflow-${OTHER_BUILD}.js`), changed)
})
afterAll(() => temporal?.connection.close())

/** The build that Temporal has pinned the run to, and whether it began as the other version begins. */
async function versionOf(runId: string) {
  const handle = temporal.workflow.getHandle(workflowIdOf('default', runId))
  const { raw } = await handle.describe()
  const { events } = await handle.fetchHistory()
  const [timer] = (events ?? []).filter(({ timerStartedEventAttributes }) => timerStartedEventAttributes)
  return {
    buildId: raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId,
    beganWithTimer: timer !== undefined && Number(timer.eventId) < 10,
  }
}

const serveBuild = (buildId: string) =>
  stack().startWorker({ TREADLE_DEPLOYMENT: 'treadle', TREADLE_BUNDLES: bundles, TREADLE_BUILD_ID: buildId })

const answer = (runId: string, key: string) =>
  client().post(`/runs/${runId}/signals/approve`, {}, { 'idempotency-key': key })

test('no stack is noted for each promise of a run, which is a third of its cost', async () => {
  await makeCurrent(temporal.connection, deployment, first.buildId)
  const { id } = await client().start({ ir: WAIT })
  await followUntil(client(), id, 'run.waiting')
  expect(await temporal.workflow.getHandle(workflowIdOf('default', id)).query('__stack_trace')).toBe('')
  expect((await answer(id, 'stacks')).status).toBe(202)
  await client().result(id)
})

test('a run ends on the interpreter that it began with, though another version is deployed in its middle', async () => {
  await makeCurrent(temporal.connection, deployment, first.buildId)
  const [old, older] = [await client().start({ ir: WAIT }), await client().start({ ir: WAIT })]
  for (const { id } of [old, older]) await followUntil(client(), id, 'run.waiting')
  await expect.poll(() => countOpenRuns(temporal.connection, deployment, first.buildId)).toBe(2)

  await serveBuild(OTHER_BUILD)
  await makeCurrent(temporal.connection, deployment, OTHER_BUILD)
  const young = await client().start({ ir: ASK, input: { question: '?' } })
  expect(await client().result(young.id)).toMatchObject({ status: 'completed' })
  expect(await versionOf(young.id)).toEqual({ buildId: OTHER_BUILD, beganWithTimer: true })

  expect((await answer(old.id, 'one')).status).toBe(202)
  expect(await client().result(old.id)).toMatchObject({ status: 'completed' })
  expect(await versionOf(old.id)).toEqual({ buildId: first.buildId, beganWithTimer: false })

  // Without a worker of its build the run waits, and no other build touches it.
  await first.worker.kill()
  expect((await answer(older.id, 'two')).status).toBe(503)
  expect(
    await client()
      .get(`/runs/${older.id}`)
      .then((found) => found.json()),
  ).toMatchObject({ status: 'waiting' })

  await serveBuild(first.buildId)
  expect((await answer(older.id, 'two')).status).toBe(202)
  expect(await client().result(older.id)).toMatchObject({ status: 'completed' })
  expect(await versionOf(older.id)).toEqual({ buildId: first.buildId, beganWithTimer: false })
})

test('the local stack serves runs of an earlier build as long as there are any, then forgets that build', async () => {
  // The other build plays the earlier one, whose worker is gone.
  const earlier = stack().workers.at(1)
  await makeCurrent(temporal.connection, deployment, OTHER_BUILD)
  const { id } = await client().start({ ir: WAIT })
  await followUntil(client(), id, 'run.waiting')
  for (const worker of stack().workers) await worker.kill()
  expect(earlier?.child.exit).toBeDefined()

  const said: string[] = []
  const report = { ...silentReport, say: (line: string) => said.push(line) }
  const deployed = async (meanwhile: () => Promise<void>) => {
    const supervisor = createSupervisor({ onSpawn: openLedger(inject('shared').ledgerFile).add })
    try {
      await deployWorkers(supervisor, { ...deployOptions(), report })
      await meanwhile()
    } finally {
      await supervisor.stopAll()
    }
  }
  await deployed(async () => {
    expect(said.join()).toContain(`(${OTHER_BUILD}) serves the 1 runs`)
    expect((await answer(id, 'three')).status).toBe(202)
    expect(await client().result(id)).toMatchObject({ status: 'completed' })
    expect(await versionOf(id)).toEqual({ buildId: OTHER_BUILD, beganWithTimer: true })
    await expect.poll(() => countOpenRuns(temporal.connection, deployment, OTHER_BUILD), { timeout: 20_000 }).toBe(0)
  })
  await deployed(async () => {
    expect(await readdir(bundles)).toEqual([`workflow-${first.buildId}.js`])
  })
})

const deployOptions = () => ({
  bundles,
  temporalAddress: stack().temporalAddress,
  temporalNamespace: 'default',
  blobs: new URL(`file://${stack().folder}/blobs`).href,
  databaseUrl: stack().database.workerUrl,
  openaiBaseUrl: stack().model.baseUrl,
  openaiApiKey: 'sk-scripted-0000',
  egressAllow: [],
  env: { PATH: process.env.PATH, HOME: process.env.HOME },
})
