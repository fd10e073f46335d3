import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { ClearError, messageOf } from '../clear-error.ts'

const run = promisify(execFile)

export type SystemUser = { uid: number; gid: number }

/**
 * Who Postgres runs as. Undefined: as ourselves. It refuses root, so root hands it to the user `postgres`, who is
 * created where the machine (a container, mostly) has none.
 */
export async function postgresUser(): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined
  return (await lookUp()) ?? (await create())
}

async function lookUp(): Promise<SystemUser | undefined> {
  try {
    const [uid, gid] = await Promise.all(
      ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, 'postgres'])).stdout)),
    )
    return uid === undefined || gid === undefined ? undefined : { uid, gid }
  } catch {
    return undefined
  }
}

async function create(): Promise<SystemUser> {
  try {
    await run('useradd', ['--system', '--user-group', '--no-create-home', 'postgres'])
  } catch (error) {
    throw new ClearError(`Postgres refuses to run as root, and a user for it could not be created: ${messageOf(error)}`)
  }
  const user = await lookUp()
  if (!user)
    throw new ClearError('Postgres refuses to run as root, and the user postgres that was created cannot be found.')
  return user
}
