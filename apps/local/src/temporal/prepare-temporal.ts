import { Connection } from '@temporalio/client'
import { ClearError, messageOf } from '../clear-error.ts'
import { ensureSearchAttributes } from './search-attributes.ts'

/**
 * Makes a Temporal server that runs already ready for Treadle.
 * @throws ClearError when it cannot be reached, or does not let us.
 */
export async function prepareTemporal(address: string, namespace: string): Promise<void> {
  try {
    const connection = await Connection.connect({ address, connectTimeout: 5_000 })
    try {
      await ensureSearchAttributes(connection, { namespace })
    } finally {
      await connection.close()
    }
  } catch (error) {
    if (error instanceof ClearError) throw error
    throw new ClearError(
      `The Temporal server at ${address} cannot be used (TEMPORAL_ADDRESS, namespace ${namespace}): ${messageOf(error)}`,
    )
  }
}
