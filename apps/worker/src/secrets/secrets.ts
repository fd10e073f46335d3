import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type SecretRef, TreadleError } from '@treadle/contract'
import { createGrantCheck, type SecretGrants, type SecretUse, type WorkflowOf } from './grants.ts'
import type { Redactor } from './redactor.ts'

/** The secrets of the worker's configuration. Values are given out at the moment of a call and kept nowhere. */
export type Secrets = {
  /** The value of a secret. @throws TreadleError `auth` where there is none of that name, or it is not granted for this use. */
  value(name: string, use: SecretUse): Promise<string>
  /** The text that a header takes. */
  resolve(ref: SecretRef | string, use: SecretUse): Promise<string>
}

export type SecretsOptions = {
  values: Record<string, string>
  /** Looked into for names that `values` lacks: one file a secret, read anew each time, so that a rotated one is taken up. */
  folder?: string
  grants?: SecretGrants
  workflowOf: WorkflowOf
  /** Told of every value before it is given out. */
  redactor: Redactor
}

export function createSecrets({ values, folder, grants = {}, workflowOf, redactor }: SecretsOptions): Secrets {
  const checkGrant = createGrantCheck({ grants, workflowOf })
  for (const [name, value] of Object.entries(values)) redactor.add(name, value)

  const value = async (name: string, use: SecretUse) => {
    await checkGrant(name, use)
    const found = Object.hasOwn(values, name) ? values[name] : await fromFolder(folder, name)
    if (found === undefined || found === '') {
      throw new TreadleError('auth', `The worker has no secret ${name}: give it TREADLE_SECRET_${name}.`)
    }
    redactor.add(name, found)
    return found
  }
  return {
    value,
    resolve: async (ref, use) => (typeof ref === 'string' ? ref : `${ref.prefix ?? ''}${await value(ref.secret, use)}`),
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
