// One-shot, for stacks that are not started by `npm start`: makes the newest build of the workers the current version of their deployment,
// so that runs start on it. May be repeated; each version of Treadle needs it once its worker polls.
import { setTimeout as delay } from 'node:timers/promises'
import { Connection } from '@temporalio/client'
import { ClearError, messageOf } from './clear-error.ts'
import { readDeployConfig } from './service-config.ts'
import { makeCurrent, newestBuild } from './temporal/deployment.ts'

const WAIT_MS_MAX = 120_000

try {
  const { temporalAddress, ...deployment } = readDeployConfig(process.env)
  const connection = await Connection.connect({ address: temporalAddress, connectTimeout: 5_000 })
  try {
    const buildId = await waitForBuild(() => newestBuild(connection, deployment))
    await makeCurrent(connection, deployment, buildId)
    console.log(`Runs start on the build ${buildId}`)
  } finally {
    await connection.close()
  }
} catch (error) {
  console.error(error instanceof ClearError ? `✗ ${error.message}` : messageOf(error))
  process.exitCode = 1
}

async function waitForBuild(find: () => Promise<string | undefined>): Promise<string> {
  for (const deadline = performance.now() + WAIT_MS_MAX; performance.now() < deadline; await delay(500)) {
    const found = await find()
    if (found !== undefined) return found
  }
  throw new ClearError('No worker of the deployment polls: start one with TREADLE_DEPLOYMENT set to its name.')
}
