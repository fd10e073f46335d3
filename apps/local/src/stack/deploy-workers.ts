import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Connection } from '@temporalio/client'
import type { Supervisor } from '../processes/supervisor.ts'
import type { Report } from '../report.ts'
import { startBuild, type WorkerOptions } from '../services/services.ts'
import { countOpenRuns, type Deployment, makeCurrent } from '../temporal/deployment.ts'

export type DeployOptions = WorkerOptions & {
  report: Report
  /** Where workers keep the bundles of the workflow's code, each under its build id. */
  bundles: string
}

const DEPLOYMENT_NAME = 'treadle'
const BUNDLE = /^workflow-([0-9a-f]{16})\.js$/

/**
 * Starts a worker of this version and makes its build the current one; and for each earlier build whose bundle is kept, a worker for the runs
 * that it began, as long as one of them is open. A run ends on the interpreter that it began with.
 */
export async function deployWorkers(supervisor: Supervisor, options: DeployOptions): Promise<void> {
  const { report, bundles, temporalAddress, temporalNamespace } = options
  const deployment: Deployment = { namespace: temporalNamespace, deploymentName: DEPLOYMENT_NAME }
  const env = { ...options.env, TREADLE_DEPLOYMENT: DEPLOYMENT_NAME, TREADLE_BUNDLES: bundles }
  const { buildId } = await startBuild(supervisor, { ...options, env })

  const connection = await Connection.connect({ address: temporalAddress, connectTimeout: 5_000 })
  try {
    await makeCurrent(connection, deployment, buildId)
    for (const earlier of await keptBuilds(bundles)) if (earlier !== buildId) await serveEarlier(earlier)
  } finally {
    await connection.close()
  }

  async function serveEarlier(earlier: string): Promise<void> {
    const open = await countOpenRuns(connection, deployment, earlier)
    if (open === 0) return rm(join(bundles, `workflow-${earlier}.js`), { force: true })
    report.say(`A worker of an earlier version (${earlier}) serves the ${open} runs that it began`)
    await startBuild(supervisor, {
      ...options,
      name: `worker of build ${earlier}`,
      env: { ...env, TREADLE_BUILD_ID: earlier },
    })
  }
}

async function keptBuilds(bundles: string): Promise<string[]> {
  return (await readdir(bundles)).flatMap((file) => BUNDLE.exec(file)?.[1] ?? [])
}
