import { join } from 'node:path'
import { messageOf } from '../clear-error.ts'
import { checkout } from '../config.ts'
import type { Supervisor } from '../processes/supervisor.ts'
import type { Report } from '../report.ts'
import { buildGoWorker, goVersion, startGoWorker } from '../services/go-worker.ts'
import type { WorkerOptions } from '../services/services.ts'

/** With the functions that the examples call. */
const FOLDER = join(checkout, 'examples/go-tools')

/**
 * Builds the Go worker and starts it, where Go is there, and says what came of it. Nobody has to wait for it: the first build takes
 * minutes, and only nodes of the runtime go need it. Never rejects.
 */
export async function provideGoWorker(
  supervisor: Supervisor,
  { report, signal, ...options }: WorkerOptions & { report: Report; signal: AbortSignal },
): Promise<void> {
  const { env } = options
  try {
    if ((await goVersion(env)) === undefined) {
      report.say('Go is not installed (https://go.dev/dl): nodes of the runtime go wait for a worker')
      return
    }
    let isTold = false
    const executable = await buildGoWorker({
      env,
      folder: FOLDER,
      signal,
      onLine() {
        if (!isTold) report.say('Building the Go worker from its sources (some minutes, once)')
        isTold = true
      },
    })
    await startGoWorker(supervisor, executable, options)
    report.say('A Go worker polls')
  } catch (error) {
    if (!signal.aborted)
      report.say(`There is no Go worker, so nodes of the runtime go wait for one: ${messageOf(error)}`)
  }
}
