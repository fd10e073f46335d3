import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Where everything of the local stack lies. */
export type Home = {
  postgres: string
  temporalDatabase: string
  blobs: string
  /** The workflow's code of this version, and of those that began runs that are still open. */
  bundles: string
  logFile(name: string): string
  /** Of Postgres, made once. */
  password: string
  passwordFile: string
}

/** Makes the folder of the stack where it is missing. Logs of the start before are dropped, data is kept. */
export async function openHome(folder: string): Promise<Home> {
  const [blobs, bundles, logs] = [join(folder, 'blobs'), join(folder, 'bundles'), join(folder, 'logs')]
  await rm(logs, { recursive: true, force: true })
  for (const path of [blobs, bundles, logs]) await mkdir(path, { recursive: true })
  const passwordFile = join(folder, 'postgres-password')
  return {
    postgres: join(folder, 'postgres'),
    temporalDatabase: join(folder, 'temporal.db'),
    blobs,
    bundles,
    logFile: (name) => join(logs, `${name}.log`),
    password: await keptSecret(passwordFile),
    passwordFile,
  }
}

async function keptSecret(file: string): Promise<string> {
  const secret = randomBytes(24).toString('base64url')
  try {
    await writeFile(file, secret, { mode: 0o600, flag: 'wx' })
    return secret
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return readFile(file, 'utf8')
  }
}
