import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode } from '@temporalio/worker'
import type { Log } from './log.ts'

/** `buildId` changes with the code of the workflow and with nothing else: what worker versioning pins a run to. */
export type WorkflowBundle = { code: string; buildId: string }

const ENTRY = fileURLToPath(import.meta.resolve('@treadle/interpreter/workflow'))
/** Packages whose code is in the bundle. */
const SOURCES = ['@treadle/interpreter', '@treadle/contract', '@treadle/expressions']
/** Loaded once for all runs of a worker: loading CEL and RE2 for each takes 15 ms of CPU. */
const SHARED = [fileURLToPath(import.meta.resolve('@treadle/interpreter/shared'))]
const CACHE_FOLDER = fileURLToPath(new URL('../.treadle/', import.meta.url))

export type BundleOptions = {
  log: Log
  /** Where bundles are kept. Default: beside the program. */
  folder?: string | undefined
  /** A kept one, in the place of that of this version. */
  buildId?: string | undefined
}

/**
 * The code of the workflow for Temporal's sandbox. Bundling takes seconds, so it is kept under the hash of its sources, which is the build's
 * id; a folder that cannot be written to only costs that time again. @throws Error when there is no bundle of `buildId`.
 */
export async function loadWorkflowBundle({
  log,
  folder = CACHE_FOLDER,
  buildId,
}: BundleOptions): Promise<WorkflowBundle> {
  const own = await hashSources()
  const id = buildId ?? own
  const file = join(folder, `workflow-${id}.js`)
  const kept = await readIfThere(file)
  if (kept !== undefined) return { code: kept, buildId: id }
  if (id !== own) {
    throw new Error(
      `TREADLE_BUILD_ID names the build ${id}, of which ${folder} has no bundle: runs that it began need it, so bring its file back.`,
    )
  }
  return { code: await bundle(file, log), buildId: id }
}

async function bundle(file: string, log: Log): Promise<string> {
  log.info({ file }, 'Bundling the workflow')
  const { code } = await bundleWorkflowCode({
    workflowsPath: ENTRY,
    preloadModules: SHARED,
    logger: {
      ...QUIET,
      warn: (message) => log.warn({ message }, 'A warning of the bundler'),
      error: (message) => log.error({ message }, 'An error of the bundler'),
    },
  })
  try {
    await mkdir(dirname(file), { recursive: true })
    const own = `${file}.${process.pid}`
    await writeFile(own, code)
    await rename(own, file) // Another worker sees all of it or nothing.
  } catch (error) {
    log.warn({ err: error, file }, 'The workflow bundle cannot be kept')
  }
  return code
}

const ignore = () => {}
const QUIET = { log: ignore, trace: ignore, debug: ignore, info: ignore }

/** Everything that shapes the bundle: our code, and the versions of what it is made of and with. */
async function hashSources(): Promise<string> {
  const hash = createHash('sha256')
  for (const name of SOURCES) {
    const folder = dirname(fileURLToPath(import.meta.resolve(name)))
    const files = (await readdir(folder, { recursive: true })).filter(
      (file) => /(?<!\.test)\.[jt]s$/.test(file) && !file.endsWith('.d.ts'),
    )
    for (const file of files.sort()) hash.update(`${name}/${file}\0`).update(await readFile(join(folder, file)))
    hash.update(await readFile(join(folder, '..', 'package.json')))
  }
  hash.update(await readFile(fileURLToPath(new URL('../package.json', import.meta.url))))
  return hash.digest('hex').slice(0, 16)
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
