import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Report } from '../report.ts'
import { runTool } from './run-tool.ts'

/**
 * Builds the program of a Go module (`module/path@version`) and puts it at `target`, whole or not at all.
 * @throws Error when Go is not installed, or with Go's last line.
 */
export async function goInstall(
  module: string,
  target: string,
  { env, report, signal }: { env: NodeJS.ProcessEnv; report: Report; signal?: AbortSignal },
): Promise<string> {
  await mkdir(dirname(target), { recursive: true })
  const folder = await mkdtemp(join(dirname(target), 'go-'))
  const startedAt = performance.now()
  let packages = 0
  try {
    // -v prints each package as it is compiled, which is the only sign of life of a build that takes minutes.
    await runTool('go', ['install', '-v', module], {
      env: { ...env, GOBIN: folder },
      cwd: folder,
      onLine(line) {
        packages += line.startsWith('go: ') ? 0 : 1
        const seconds = Math.round((performance.now() - startedAt) / 1000)
        report.progress(packages === 0 ? line : `${packages} packages compiled, ${seconds} s`)
      },
      ...(signal && { signal }),
    })
    const [program = ''] = module.split('@')
    await rename(join(folder, basename(program)), target)
    return target
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
