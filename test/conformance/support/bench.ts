import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import { bundleWorkflowCode, NativeConnection, Worker } from '@temporalio/worker'
import type { Runtime } from '@treadle/contract'
import {
  type Child,
  createSupervisor,
  freePort,
  type ScriptedMcp,
  type ScriptedModel,
  type ScriptedTools,
  startScriptedMcp,
  startScriptedModel,
  startScriptedTools,
  startTemporalServer,
  type WorkerOptions,
} from '@treadle/local'
import { type BlobStore, openBlobs } from '@treadle/storage'
import { inject } from 'vitest'
import { silenceTemporal } from '../../interpreter/support/engine.ts'
import { openStorage, type Storage } from '../../storage/support/storage.ts'
import { openLedger } from '../../support/ledger.ts'
import type { StartWorker } from '../../support/stack.ts'
import { overhearStatements } from './statements.ts'

/** Real Temporal, real Postgres and a blob folder; model, tools and MCP servers are scripted; the workers of all languages poll. */
export type Bench = {
  client: Client
  storage: Storage
  blobs: BlobStore
  model: ScriptedModel
  tools: ScriptedTools
  mcp: ScriptedMcp
  workerOf(runtime: Runtime): RuntimeWorker
  stop(): Promise<void>
}

/** The one worker of a language, which a case may kill and start again. */
export type RuntimeWorker = {
  readonly child: Child
  start(): Promise<void>
  /** Everything that its processes have logged goes to this file. */
  readonly logFile: string
  /** All SQL that they have sent. */
  readonly statements: ReadonlySet<string>
}

export const HOST_TASK_QUEUE = 'conformance'

/** Of the one secret that tools, models and functions of the cases are given. */
export const SECRET = 'canary/d41d8cd98f00+b204'

export async function startBench(starters: Partial<Record<Runtime, StartWorker>>): Promise<Bench> {
  const { temporal: executable, folder: parent, ledgerFile } = inject('shared')
  const supervisor = createSupervisor({ onSpawn: openLedger(ledgerFile).add })
  const folder = await mkdtemp(join(parent, 'conformance-'))
  const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true }), supervisor.stopAll]
  const stop = async () => {
    for (const close of closers.reverse()) await close()
  }
  try {
    silenceTemporal()
    const { address } = await startTemporalServer(supervisor, { executable, port: await freePort() })
    const storage = await openStorage()
    closers.push(storage.close)
    const model = await startScriptedModel()
    const tools = await startScriptedTools()
    const mcp = await startScriptedMcp()
    closers.push(model.close, tools.close, mcp.close)
    const blobsUrl = pathToFileURL(join(folder, 'blobs')).href
    const options = {
      temporalAddress: address,
      temporalNamespace: 'default',
      blobs: blobsUrl,
      openaiBaseUrl: model.baseUrl,
      openaiApiKey: 'sk-scripted-0000',
      egressAllow: [tools.authority, mcp.authority],
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...WORKER_ENV },
    }
    const workers = new Map<Runtime, RuntimeWorker>()
    const runtimes = Object.entries(starters) as [Runtime, StartWorker][]
    await Promise.all(
      runtimes.map(async ([runtime, start]) => {
        const logFile = join(folder, `${runtime}.log`)
        const { url: databaseUrl, texts, stop: stopListening } = await overhearStatements(storage.urls.workerUrl)
        closers.push(stopListening)
        const own: WorkerOptions = { ...options, databaseUrl, name: runtime, logFile }
        workers.set(runtime, await startRuntime(() => start(supervisor, own), { logFile, statements: texts }))
      }),
    )
    const { client, close } = await startHost(address)
    closers.push(close)
    const workerOf = (runtime: Runtime) => {
      const worker = workers.get(runtime)
      if (!worker) throw new Error(`There is no ${runtime} worker.`)
      return worker
    }
    return { client, storage, blobs: openBlobs({ url: blobsUrl }), model, tools, mcp, workerOf, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

const WORKER_ENV = {
  TREADLE_SECRET_TOKEN: SECRET,
  // Of a start that no text of the cases ends in: what could begin a secret is held back.
  TREADLE_SECRET_SHOP_TOKEN: 'Zq7-only-for-the-shop',
  TREADLE_GRANTS: JSON.stringify({ SHOP_TOKEN: { workflows: ['shop'] } }),
  TREADLE_MODELS: JSON.stringify({ priced: { inputPrice: 1, cachedInputPrice: 0.5, outputPrice: 10 } }),
}

async function startRuntime(
  start: () => Promise<Child>,
  seen: Pick<RuntimeWorker, 'logFile' | 'statements'>,
): Promise<RuntimeWorker> {
  let child = await start()
  return {
    ...seen,
    get child() {
      return child
    },
    async start() {
      child = await start()
    },
  }
}

/** Hosts the workflow of the cases in this process. */
async function startHost(address: string) {
  const native = await NativeConnection.connect({ address })
  const connection = await Connection.connect({ address })
  const worker = await Worker.create({
    connection: native,
    taskQueue: HOST_TASK_QUEUE,
    workflowBundle: await bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL('./host-workflow.ts', import.meta.url)),
      logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error: console.error },
    }),
  })
  const running = worker.run()
  return {
    client: new Client({ connection }),
    async close() {
      worker.shutdown()
      await running
      await connection.close()
      await native.close()
    },
  }
}
