import { join } from 'node:path'
import { messageOf } from '../clear-error.ts'
import { checkout } from '../config.ts'
import type { Supervisor } from '../processes/supervisor.ts'
import { preparePython } from '../python/prepare-python.ts'
import type { Report } from '../report.ts'
import { startPythonWorker } from '../services/python-worker.ts'
import type { WorkerOptions } from '../services/services.ts'

/** With the functions that the examples call. */
const FOLDER = join(checkout, 'examples/python-tools')
const MODULE = 'my_tools'

export type ProvidePython = WorkerOptions & { report: Report; signal: AbortSignal; cacheFolder: string }

/**
 * Starts the Python worker where a Python that is new enough is there, and says what came of it. Nobody has to wait for it: its packages
 * take a minute the first time, and only nodes of the runtime python need it. Never rejects.
 */
export async function providePythonWorker(
  supervisor: Supervisor,
  { report, signal, cacheFolder, env, ...options }: ProvidePython,
): Promise<void> {
  try {
    const environment = await preparePython({ env, cacheFolder, report, signal })
    const worker = { ...options, env: { ...env, TREADLE_FUNCTIONS: MODULE } }
    await startPythonWorker(supervisor, { ...environment, path: [FOLDER] }, worker)
    report.say('A Python worker polls')
  } catch (error) {
    if (!signal.aborted)
      report.say(`There is no Python worker, so nodes of the runtime python wait for one: ${messageOf(error)}`)
  }
}
