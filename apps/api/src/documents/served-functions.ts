import { createHash } from 'node:crypto'
import type { Log } from '@treadle/storage'
import type { FunctionSignature } from '@treadle/translator'

/** The functions that workers have; `key` changes with them. */
export type FunctionsNow = { functions: FunctionSignature[]; key: string }

/** What documents are checked against. `fresh`: read now, since something was not there. */
export type ServedFunctions = (options?: { fresh?: boolean }) => Promise<FunctionsNow | undefined>

/** A new function may be found missing for so long, were it not looked for again. */
const AGE_MS_MAX = 5_000

/**
 * Reads them at most so often, and once for all who ask meanwhile. Undefined while Postgres does not tell: then documents are not
 * checked against workers, which is no reason to refuse a run.
 */
export function createServedFunctions({
  read,
  log,
  now = () => performance.now(),
}: {
  read: () => Promise<FunctionSignature[]>
  log: Pick<Log, 'warn'>
  now?: () => number
}): ServedFunctions {
  let known: FunctionsNow | undefined
  let readAtMs = Number.NEGATIVE_INFINITY
  let reading: Promise<FunctionsNow | undefined> | undefined

  async function readNow(): Promise<FunctionsNow | undefined> {
    try {
      const functions = await read()
      const key = createHash('sha256').update(JSON.stringify(functions)).digest('base64')
      known = known?.key === key ? known : { functions, key }
      readAtMs = now()
    } catch (error) {
      log.warn({ err: error }, 'The functions of the workers could not be read')
    } finally {
      reading = undefined
    }
    return known
  }
  return async ({ fresh = false } = {}) => {
    if (!fresh && now() - readAtMs < AGE_MS_MAX) return known
    reading ??= readNow()
    return reading
  }
}
