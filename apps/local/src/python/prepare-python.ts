import { createHash } from 'node:crypto'
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { messageOf } from '../clear-error.ts'
import { runTool } from '../processes/run-tool.ts'
import type { Report } from '../report.ts'
import { findPython } from './find-python.ts'

/** This file lies in `apps/local/src/python` or `apps/local/dist/python`. */
const workerFolder = fileURLToPath(new URL('../../../worker-python/', import.meta.url))

export type PreparePython = { env: NodeJS.ProcessEnv; cacheFolder: string; report: Report; signal?: AbortSignal }

/** A Python with everything that the worker needs. Our own code is not installed in it: it is run from the checkout. */
export type PythonEnvironment = {
  /** The interpreter. */
  python: string
  /** For PYTHONPATH. */
  source: string
}

/**
 * A virtual environment with what the lockfiles of apps/worker-python name, by hashes; `dev` with the tools of its tests too. It is
 * made once for each set of lockfiles, in the cache, and appears there whole or not at all.
 * @throws Error with the way out, where there is no Python or the packages cannot be had
 */
export async function preparePython(options: PreparePython, { dev = false } = {}): Promise<PythonEnvironment> {
  const { env, cacheFolder, report, signal } = options
  const found = await findPython(env)
  const lockfiles = ['requirements.txt', ...(dev ? ['requirements-dev.txt'] : [])].map((name) =>
    join(workerFolder, name),
  )
  const folder = join(cacheFolder, 'python', await nameOf(found.version, lockfiles))
  const environment = { python: join(folder, 'bin', 'python'), source: join(workerFolder, 'src') }
  if (await isThere(environment.python)) return environment

  report.say(
    `Installing the packages of the Python worker with ${found.command} ${found.version} (a minute the first time)`,
  )
  const aside = `${folder}.${process.pid}`
  const run = { env: { ...env, PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_NO_INPUT: '1' }, ...(signal && { signal }) }
  try {
    await mkdir(join(cacheFolder, 'python'), { recursive: true })
    await runTool(found.command, ['-m', 'venv', aside], run).catch((error: unknown) => {
      throw new Error(
        `${found.command} cannot make a virtual environment (${messageOf(error)}): on Debian, install python3-venv`,
      )
    })
    const wanted = lockfiles.flatMap((file) => ['-r', file])
    await runTool(join(aside, 'bin', 'python'), ['-m', 'pip', 'install', '--require-hashes', ...wanted], {
      ...run,
      onLine: report.progress,
    })
    await rename(aside, folder).catch(async (error: unknown) => {
      if (!(await isThere(environment.python))) throw error // Else somebody else has made it meanwhile.
    })
    return environment
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}

async function nameOf(version: string, lockfiles: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}`)
  for (const file of lockfiles) hash.update(await readFile(file))
  return `${version}-${hash.digest('hex').slice(0, 16)}`
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch {
    return false
  }
}
