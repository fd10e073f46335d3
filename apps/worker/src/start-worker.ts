import { type NativeConnection, Worker, type WorkerDeploymentOptions } from '@temporalio/worker'
import { WORKFLOW_TASK_QUEUE } from '@treadle/contract'
import {
  createAppender,
  createBlobRefs,
  createBudgets,
  createChildRuns,
  createFunctionStore,
  createHousekeeper,
  createLogKeeper,
  createPool,
  createResultCache,
  createRunEnd,
  createSealer,
  createTakenOver,
  createTranscripts,
  createWorkflowOf,
  openBlobs,
} from '@treadle/storage'
import { createTracing } from '@treadle/telemetry'
import type { WorkerConfig } from './config.ts'
import { connectTemporal, waitFor } from './connect.ts'
import { createActivities } from './create-activities.ts'
import { loadFunctionModules } from './functions/load-modules.ts'
import { createPublisher } from './functions/publisher.ts'
import { registeredFunctions } from './functions/treadle.ts'
import type { Log } from './log.ts'
import { encryptingConverter } from './payload-codec.ts'
import type { Redactor } from './secrets/redactor.ts'
import { loadWorkflowBundle, type WorkflowBundle } from './workflow-bundle.ts'

export type RunningWorker = {
  /** Stops taking work, lets go of what runs (it is repeated elsewhere) and resolves when all is closed. May be called again. */
  stop(): Promise<void>
  /** Rejects when Temporal's worker fails; resolves when it was stopped. */
  ended: Promise<void>
  /** Of the workflow's code. */
  buildId: string
}

/** Nodes are let go of at once: they are claimed anew elsewhere. */
const GRACE = '0s'
/** What does not let go by then is left behind. */
const FORCE_AFTER = '8s'
const FLUSH_MS_MAX = 5_000
/** A cancel travels with the answer of a heartbeat, so heartbeats are sent as often as they are made. */
const HEARTBEAT_THROTTLE = '1s'

/** Wires the worker and starts it; resolves when it polls its task queue. */
export async function startWorker(
  config: WorkerConfig,
  { log, redactor }: { log: Log; redactor: Redactor },
): Promise<RunningWorker> {
  if (config.openai.apiKey !== undefined) redactor.add('OPENAI_API_KEY', config.openai.apiKey)
  await loadFunctionModules(config.functionModules)
  const bundle = await loadWorkflowBundle({ log, folder: config.bundleFolder, buildId: config.buildId })

  const tracing = await createTracing({ service: 'treadle-worker', env: process.env })
  const pool = createPool({ url: config.databaseUrl, applicationName: 'treadle-worker', log })
  const sealer = createSealer(config.keyring)
  const blobs = openBlobs({ url: config.blobsUrl, keyring: config.keyring })
  const appender = createAppender({ pool, notify: config.notify, sealer, log })
  const keeper = createLogKeeper({ pool, blobs, ...config.keeping, sealer, log })
  const housekeeper = createHousekeeper({ pool, blobs, ...config.housekeeping, log })
  await waitFor('Postgres', log, () => pool.query('select 1'))
  const functionStore = createFunctionStore({ pool, sealer })
  const publisher = createPublisher({ store: functionStore, functions: registeredFunctions, log })
  const connection = await connectTemporal(config.temporal, log)
  const parts = {
    config,
    appender,
    budgets: createBudgets({ pool }),
    children: createChildRuns({ pool, sealer }),
    runEnd: createRunEnd({ pool, sealer }),
    blobs,
    refs: createBlobRefs({ pool }),
    takenOver: createTakenOver({ pool, sealer }),
    workflowOf: createWorkflowOf({ pool }),
    transcripts: createTranscripts({ pool, sealer }),
    cache: createResultCache({ pool, sealer }),
    redactor,
    functions: registeredFunctions,
    states: functionStore,
    tracing,
    log,
  }
  const activities = createActivities(parts)
  const worker = await createTemporalWorker(config, { connection, bundle, activities: activities.byName })

  await publisher.start()
  keeper.start()
  housekeeper.start()

  const ended = worker.run()
  ended.catch(() => {}) // Whoever awaits it later hears of it.
  let stopping: Promise<void> | undefined
  return {
    ended,
    buildId: bundle.buildId,
    stop: () => (stopping ??= stop()),
  }

  async function stop(): Promise<void> {
    publisher.stop()
    if (worker.getState() === 'RUNNING') worker.shutdown()
    await ended.catch((error: unknown) => log.warn({ err: error }, 'Temporal’s worker did not stop in order'))
    await Promise.all([keeper.stop(), housekeeper.stop()])
    await appender
      .close(FLUSH_MS_MAX)
      .catch((error: unknown) => log.warn({ err: error }, 'Some events were not written'))
    await Promise.all([activities.close(), blobs.close(), pool.end(), connection.close(), tracing?.close()])
  }
}

type WorkerParts = {
  connection: NativeConnection
  bundle: WorkflowBundle
  activities: ReturnType<typeof createActivities>['byName']
}

/** Hosts workflows, and executes their activities in TypeScript: eager ones where they were scheduled, without a dispatch. */
function createTemporalWorker(config: WorkerConfig, { connection, bundle, activities }: WorkerParts): Promise<Worker> {
  return Worker.create({
    connection,
    namespace: config.temporal.namespace,
    ...(config.keyring && { dataConverter: encryptingConverter(config.keyring) }),
    shutdownGraceTime: GRACE,
    shutdownForceTime: FORCE_AFTER,
    maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE,
    taskQueue: WORKFLOW_TASK_QUEUE,
    workflowBundle: { code: bundle.code },
    activities,
    maxConcurrentActivityTaskExecutions: config.concurrency,
    ...versioning(config.deployment, bundle),
  })
}

/** Pins each run to the interpreter that began it, and to the workers that have it. */
function versioning(
  deploymentName: string | undefined,
  { buildId }: WorkflowBundle,
): { workerDeploymentOptions?: WorkerDeploymentOptions } {
  if (deploymentName === undefined) return {}
  const version = { deploymentName, buildId }
  return { workerDeploymentOptions: { version, useWorkerVersioning: true, defaultVersioningBehavior: 'PINNED' } }
}
