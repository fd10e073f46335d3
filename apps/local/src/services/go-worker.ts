import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Child } from '../processes/child.ts'
import { runTool } from '../processes/run-tool.ts'
import type { Supervisor } from '../processes/supervisor.ts'
import { type WorkerOptions, workerChild } from './services.ts'

/** This file lies in `apps/local/src/services` or `apps/local/dist/services`. */
const checkout = fileURLToPath(new URL('../../../../', import.meta.url))

/** The worker without functions of anybody's own. */
const GO_WORKER = join(checkout, 'apps/worker-go/cmd/treadle-worker')

/** The version of Go that is installed, such as `go1.26.8`; undefined where there is none. */
export async function goVersion(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  try {
    return (await runTool('go', ['env', 'GOVERSION'], { env })).trim() || undefined
  } catch {
    return undefined
  }
}

export type GoBuild = {
  env: NodeJS.ProcessEnv
  /** The folder of the program's package, absolute. Default: the worker without functions of its own. */
  folder?: string
  /** Told each line that Go prints: the packages that it compiles, the first time. */
  onLine?: (line: string) => void
  signal?: AbortSignal
}

/**
 * Builds a Go worker and resolves to its executable, in `bin` beside its package; a second time that takes about a second.
 * @throws Error with Go's last line
 */
export async function buildGoWorker({ env, folder = GO_WORKER, onLine, signal }: GoBuild): Promise<string> {
  const target = join(folder, 'bin', 'treadle-worker')
  await mkdir(dirname(target), { recursive: true })
  await runTool('go', ['build', '-v', '-o', target, '.'], {
    env,
    cwd: folder,
    ...(onLine && { onLine }),
    ...(signal && { signal }),
  })
  return target
}

/** Starts a Go worker that was built, and waits until it polls. */
export const startGoWorker = (supervisor: Supervisor, executable: string, options: WorkerOptions): Promise<Child> =>
  workerChild(supervisor, { command: executable, args: [] }, { name: 'Go worker', ...options })
