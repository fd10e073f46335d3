import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Runtime } from '@treadle/contract'
import {
  buildGoWorker,
  cacheFolder,
  createReport,
  databaseUrls,
  freePort,
  prepareDatabase,
  preparePython,
  startApi,
  startGoWorker,
  startPythonWorker,
  startWorker,
} from '@treadle/local'
import { createRestartable, type Restartable } from '../harness/restartable.ts'
import type { Servers } from '../harness/servers.ts'
import type { Side, StepPlacement } from './side.ts'

/** Ours, as `npm start` runs it: one API, one TypeScript worker. */
export async function startTreadle(servers: Servers): Promise<Side & { api: Restartable; worker: Restartable }> {
  const { supervisor, temporalAddress, temporalNamespace } = servers
  const database = databaseUrls(await servers.createDatabase('treadle'), servers.password)
  await prepareDatabase(database)
  const blobFolder = join(servers.folder, 'blobs')
  await mkdir(blobFolder, { recursive: true })
  const common = {
    temporalAddress,
    temporalNamespace,
    blobs: pathToFileURL(blobFolder).href,
    env: { ...process.env, NODE_ENV: 'production' },
  }
  const apiOptions = { ...common, databaseUrl: database.apiUrl, port: await freePort() }
  const { child, url } = await startApi(supervisor, apiOptions)
  const api = createRestartable(child, async () => (await startApi(supervisor, apiOptions)).child)
  const forWorkers = {
    ...common,
    databaseUrl: database.workerUrl,
    openaiBaseUrl: servers.modelUrl,
    openaiApiKey: 'none',
    egressAllow: [],
  }
  const functions = fileURLToPath(new URL('./functions.js', import.meta.url))
  const workerOptions = { ...forWorkers, env: { ...common.env, TREADLE_FUNCTIONS: functions } }
  const start = () => startWorker(supervisor, workerOptions)
  const worker = createRestartable(await start(), start)
  let others: Promise<unknown> | undefined
  const startOthers = async () => {
    const environment = { env: process.env, cacheFolder: cacheFolder(), report: createReport() }
    const [python, go] = await Promise.all([preparePython(environment), buildGoWorker({ env: process.env })])
    await Promise.all([startPythonWorker(supervisor, python, forWorkers), startGoWorker(supervisor, go, forWorkers)])
  }
  return {
    ...treadleSide(url, [child.pid, worker.child.pid]),
    api,
    worker,
    async startOthers() {
      others ??= startOthers()
      await others
    },
  }
}

/** How ours is asked. */
export const treadleSide = (url: string, pids: readonly number[]): Side => ({
  url,
  pids,
  events: { delta: 'node.delta', completed: 'run.completed', failed: ['run.failed', 'run.cancelled', 'bye'] },
  chatBody: (order, runtime) => JSON.stringify({ ir: chat(runtime), input: { prompt: JSON.stringify(order) } }),
  stepsBody: (placement) => chainOf(5, placement),
})

const chat = (runtime?: Runtime) => ({
  ir: 'treadle/v1',
  name: 'bench-chat',
  models: { scripted: { provider: 'openai', model: 'm' } },
  nodes: { answer: { kind: 'llm', model: 'scripted', prompt: '${input.prompt}', ...(runtime && { runtime }) } },
  output: true, // The text is in the log already; the others do not send it twice either.
})

/** Body of `POST /runs` for so many steps, each of which needs the one before. */
export function chainOf(count: number, placement: StepPlacement = 'best'): string {
  const value = (index: number) => (index === 0 ? '${input.value}' : `\${nodes.n${index - 1}.value}`)
  const steps = Array.from({ length: count }, (_, index) => [
    `n${index}`,
    { kind: 'tool', tool: 'step', args: { value: value(index) } },
  ])
  const ir = {
    ir: 'treadle/v1',
    name: 'bench-steps',
    tools: { step: { kind: 'function', name: 'step' } },
    execution: { fuse: placement === 'activities' ? 'never' : 'auto' },
    nodes: Object.fromEntries(steps),
    output: value(count),
  }
  return JSON.stringify({ ir, input: { value: 0 } })
}
