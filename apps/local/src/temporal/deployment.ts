import { setTimeout as delay } from 'node:timers/promises'
import type { Connection } from '@temporalio/client'
import { ClearError, messageOf } from '../clear-error.ts'

/** The worker deployment of a stack whose versions are the builds of the workflow's code. */
export type Deployment = { namespace: string; deploymentName: string }

type Service = Pick<Connection, 'workflowService'>

/** A worker that polls is known to the server a moment later. */
const KNOWN_TIMEOUT_MS = 30_000
const PAUSE_MS = 100

/**
 * Makes a build the current version of the deployment: runs that start from now on are pinned to it. Until this was done once, versioned
 * workers get no tasks at all. Waits until the server knows a worker of that build. Safe to repeat.
 */
export async function makeCurrent(
  { workflowService }: Service,
  { namespace, deploymentName }: Deployment,
  buildId: string,
): Promise<void> {
  const deadline = performance.now() + KNOWN_TIMEOUT_MS
  for (;;) {
    try {
      await workflowService.setWorkerDeploymentCurrentVersion({
        namespace,
        deploymentName,
        buildId,
        identity: 'treadle',
      })
      return
    } catch (error) {
      if (performance.now() > deadline) {
        throw new ClearError(`Temporal does not take up the build ${buildId} of the workers: ${messageOf(error)}`)
      }
    }
    await delay(PAUSE_MS)
  }
}

/** The newest build of which a worker polls or has polled; undefined while there is none. */
export async function newestBuild(
  { workflowService }: Service,
  { namespace, deploymentName }: Deployment,
): Promise<string | undefined> {
  const { workerDeploymentInfo } = await workflowService
    .describeWorkerDeployment({ namespace, deploymentName })
    .catch(() => ({ workerDeploymentInfo: null })) // Not found, before the first worker.
  const created = ({ createTime }: { createTime?: { seconds?: unknown } | null }) => Number(createTime?.seconds ?? 0)
  const [newest] = (workerDeploymentInfo?.versionSummaries ?? []).toSorted((a, b) => created(b) - created(a))
  return newest?.deploymentVersion?.buildId ?? undefined
}

/** How many open runs are pinned to a build. */
export async function countOpenRuns(
  { workflowService }: Service,
  { namespace, deploymentName }: Deployment,
  buildId: string,
): Promise<number> {
  const query = `ExecutionStatus = 'Running' AND TemporalWorkerDeploymentVersion = '${deploymentName}:${buildId}'`
  const { count } = await workflowService.countWorkflowExecutions({ namespace, query })
  return Number(count)
}
