import { execFile } from 'node:child_process'
import { access, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheFolder, createReport } from '@treadle/local'

const VERSION = '4.32.5'

const run = promisify(execFile)

/**
 * The executable of schemathesis, which makes requests from an OpenAPI document and holds the answers to it: from the cache, or installed
 * there from PyPI into an environment of its own, once. @throws Error with the way out where there is no Python.
 */
export async function findSchemathesis(env = process.env): Promise<string> {
  const folder = join(cacheFolder(env), `schemathesis-${VERSION}`)
  const [program, isReady] = [join(folder, 'bin', 'st'), join(folder, 'ready')]
  try {
    await access(isReady)
    return program
  } catch {
    createReport().say(`Installing schemathesis ${VERSION} from PyPI (half a minute, once)`)
    try {
      await rm(folder, { recursive: true, force: true })
      await run('python3', ['-m', 'venv', folder])
      await run(join(folder, 'bin', 'pip'), ['install', '--quiet', '--no-input', `schemathesis==${VERSION}`])
    } catch (error) {
      throw new Error(
        `The test of the OpenAPI document needs schemathesis, which could not be installed: ${error}. Install Python 3.10 or newer with venv.`,
      )
    }
    await writeFile(isReady, '')
    return program
  }
}
