import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type SecretRef, TreadleError } from '@treadle/contract'
import type { Redactor } from './redactor.ts'

/** The secrets of the worker's configuration. Values are given out at the moment of a call and kept nowhere. */
export type Secrets = {
  /** The value of a secret. @throws TreadleError `auth` where there is none of that name. */
  value(name: string): Promise<string>
  /** The text that a header takes. */
  resolve(ref: SecretRef | string): Promise<string>
}

export type SecretsOptions = {
  values: Record<string, string>
  /** Looked into for names that `values` lacks: one file a secret, read anew each time, so that a rotated one is taken up. */
  folder?: string
  /** Told of every value before it is given out. */
  redactor: Redactor
}

export function createSecrets({ values, folder, redactor }: SecretsOptions): Secrets {
  for (const [name, value] of Object.entries(values)) redactor.add(name, value)

  const value = async (name: string) => {
    const found = Object.hasOwn(values, name) ? values[name] : await fromFolder(folder, name)
    if (found === undefined || found === '') {
      throw new TreadleError('auth', `The worker has no secret ${name}: give it TREADLE_SECRET_${name}.`)
    }
    redactor.add(name, found)
    return found
  }
  return {
    value,
    resolve: async (ref) => (typeof ref === 'string' ? ref : `${ref.prefix ?? ''}${await value(ref.secret)}`),
  }
}

async function fromFolder(folder: string | undefined, name: string): Promise<string | undefined> {
  if (folder === undefined || !/^[A-Z][A-Z0-9_]*$/.test(name)) return undefined
  try {
    return (await readFile(join(folder, name), 'utf8')).trimEnd()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new TreadleError('auth', `The secret ${name} cannot be read by the worker.`, { cause: error })
  }
}
