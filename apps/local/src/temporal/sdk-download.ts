import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setInterval } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { runTool } from '../processes/run-tool.ts'
import type { Report } from '../report.ts'
import { installExecutable } from './install-executable.ts'
import type { WaysOptions } from './ways.ts'

/** A download that takes in nothing for so long is given up: the SDK itself would wait for ever. */
const STALLED_AFTER_MS = 30_000

// Always the built one: Node does not run TypeScript, and tests load this file from its source.
const SCRIPT = fileURLToPath(new URL('../../dist/temporal/sdk-download-main.js', import.meta.url))

/**
 * Lets the Temporal SDK download the release of the CLI that fits it, from Temporal's own host.
 *
 * The SDK's address of that host is fixed in its native code, but it honours HTTPS_PROXY and SSL_CERT_FILE. It runs in
 * a process of its own, because the SDK's runtime takes over the signal handlers of the process that it is in, because
 * it starts the server to see that it works, and because it cannot be told to give up.
 * @throws Error with the SDK's reason.
 */
export async function downloadBySdk(target: string, { env, report, signal }: WaysOptions): Promise<string> {
  await mkdir(dirname(target), { recursive: true })
  const folder = await mkdtemp(join(dirname(target), 'sdk-'))
  const stalled = new AbortController()
  const finished = new AbortController()
  const watching = watch(folder, { report, stalled, finished: finished.signal })
  try {
    const either = AbortSignal.any([stalled.signal, ...(signal ? [signal] : [])])
    const printed = await runTool(process.execPath, [SCRIPT, folder], { env, signal: either })
    const executable = printed.split('\n').at(-1) ?? ''
    return await installExecutable(executable, target)
  } finally {
    finished.abort()
    await watching
    await rm(folder, { recursive: true, force: true })
  }
}

/** Shows how much has come, and gives up when nothing does. */
async function watch(
  folder: string,
  { report, stalled, finished }: { report: Report; stalled: AbortController; finished: AbortSignal },
): Promise<void> {
  let size = 0
  let grewAt = performance.now()
  try {
    for await (const _ of setInterval(500, undefined, { signal: finished })) {
      const now = await sizeOf(folder)
      if (now > size) {
        size = now
        grewAt = performance.now()
        report.progress(`${(size / 1e6).toFixed(0)} MB unpacked`)
      } else if (performance.now() - grewAt > STALLED_AFTER_MS) {
        stalled.abort(new Error(`nothing came for ${STALLED_AFTER_MS / 1000} s`))
      }
    }
  } catch {
    // Finished.
  }
}

async function sizeOf(folder: string): Promise<number> {
  const sizes = (await readdir(folder)).map(
    async (name) => (await stat(join(folder, name)).catch(() => undefined))?.size ?? 0,
  )
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
