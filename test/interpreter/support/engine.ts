import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { Client, Connection, type WorkflowHandle } from '@temporalio/client'
import { bundleWorkflowCode, NativeConnection, Runtime, Worker } from '@temporalio/worker'
import {
  type EvaluateTask,
  type NodeTask,
  type Plan,
  type RunArgs,
  WORKFLOW_TASK_QUEUE,
  WORKFLOW_TYPE,
} from '@treadle/contract'
import { createSupervisor, freePort, startTemporalServer } from '@treadle/local'
import { inject } from 'vitest'
import { createFakeActivities } from './fake-activities.ts'
import { createFakeLog, type FakeLog } from './fake-log.ts'

/** What a fake worker does with a node: its output, or a throw (an ApplicationFailure is one that Temporal is to retry). `signal` aborts when the activity is cancelled. */
export type Work = (task: NodeTask, signal: AbortSignal) => Promise<unknown> | unknown

export type StartOptions = {
  input?: unknown
  work?: Work
  /** What an evaluation waits for. */
  evaluating?: (task: EvaluateTask) => Promise<unknown>
  args?: Partial<RunArgs>
  /** Of a fork: outputs by path. */
  takenOver?: Record<string, unknown>
}

export type Engine = {
  client: Client
  /** Of a run that was started here, or of a child of one. */
  logOf(runId: string): FakeLog
  start(plan: Plan, options?: StartOptions): Promise<Run>
  stop(): Promise<void>
}

/** A Temporal server that an engine works on. */
export type Server = { client: Client; native: NativeConnection; stop(): Promise<void> }

export type Run = { id: string; handle: WorkflowHandle; log: FakeLog }

/** A real Temporal server and the workflow on it; workers and log are fakes, so that each test says what they do. */
export async function startEngine({ settings = [] }: { settings?: string[] } = {}): Promise<Engine> {
  silenceTemporal()
  return startEngineOn(await startServer(settings))
}

async function startServer(settings: string[]): Promise<Server> {
  const supervisor = createSupervisor()
  const { temporal } = inject('shared')
  const { address } = await startTemporalServer(supervisor, { executable: temporal, port: await freePort(), settings })
  const native = await NativeConnection.connect({ address })
  const connection = await Connection.connect({ address })
  return {
    client: new Client({ connection }),
    native,
    async stop() {
      await connection.close()
      await native.close()
      await supervisor.stopAll()
    },
  }
}

/** The same on a server that was started already, which `stop` stops too. */
export async function startEngineOn({ client, native, stop }: Server): Promise<Engine> {
  const logs = new Map<string, FakeLog>()
  const works = new Map<string, Work>()
  const evaluations = new Map<string, (task: EvaluateTask) => Promise<unknown>>()
  const takenOver = new Map<string, Record<string, unknown>>()
  /** The event that names a child comes a moment before the child itself. */
  const addLog = (id: string) => {
    const log = logs.get(id) ?? createFakeLog()
    logs.set(id, log)
    return log
  }
  const activities = createFakeActivities({
    logOf: (id) => known(logs, id),
    workOf: (id) => known(works, id),
    beforeEvaluation: async (task) => evaluations.get(task.run.id)?.(task),
    takenOverOf: (id) => known(takenOver, id),
    // A child answers as its parent's worker does.
    addChild: (id, parent) => {
      addLog(id)
      works.set(id, known(works, parent))
    },
  })

  const worker = await Worker.create({
    connection: native,
    taskQueue: WORKFLOW_TASK_QUEUE,
    workflowBundle: await bundle(),
    activities,
  })
  const running = worker.run()

  return {
    client,
    logOf: addLog,
    async start(
      plan,
      { input = null, work = (task: NodeTask) => task.path, evaluating, args = {}, takenOver: given } = {},
    ) {
      const id = `run_${randomUUID().slice(0, 8)}`
      const log = createFakeLog()
      logs.set(id, log)
      works.set(id, work)
      if (evaluating) evaluations.set(id, evaluating)
      if (given) takenOver.set(id, given)
      const run = { id, tenant: 'default', createdAt: '2026-11-24T00:00:00.000Z' }
      const handle = await client.workflow.start(WORKFLOW_TYPE, {
        workflowId: `default:${id}`,
        taskQueue: WORKFLOW_TASK_QUEUE,
        args: [{ run, plan, input, ...(given && { takesOver: true as const }), ...args } satisfies RunArgs],
      })
      return { id, handle, log }
    },
    async stop() {
      worker.shutdown()
      await running
      await stop()
    },
  }
}

/** Temporal's workers write a line for each step of their own life; only errors are of interest here. */
export function silenceTemporal(): void {
  if (!isSilent) Runtime.install({ logger: QUIET, telemetryOptions: { logging: { filter: 'ERROR' } } })
  isSilent = true
}

let isSilent = false

let bundled: ReturnType<typeof bundleWorkflowCode> | undefined

/** The workflow as the worker bundles it, but of the sources: a test never runs stale output. */
export function bundle() {
  bundled ??= bundleWorkflowCode({
    workflowsPath: interpreterFile('workflow/index.ts'),
    preloadModules: [interpreterFile('shared.ts')],
    webpackConfigHook: (config) => {
      config.resolve = { ...config.resolve, conditionNames: ['treadle-source', '...'] }
      return config
    },
    logger: QUIET,
  })
  return bundled
}

const interpreterFile = (path: string) =>
  fileURLToPath(new URL(`../../../packages/interpreter/src/${path}`, import.meta.url))

function known<T>(map: ReadonlyMap<string, T>, id: string): T {
  const value = map.get(id)
  if (value === undefined) throw new Error(`No test started ${id}.`)
  return value
}

const ignore = () => {}
const QUIET = {
  log: ignore,
  trace: ignore,
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: (message: string, meta?: unknown) => console.error(message, meta),
}
