import type { TenantId } from '@treadle/contract'
import pg, { type Pool, type PoolClient } from 'pg'

/** Runs `work` in a transaction on a connection of its own: committed when it resolves, rolled back when it throws. */
export const inTransaction = <Result>(pool: Pool, work: (client: PoolClient) => Promise<Result>): Promise<Result> =>
  transact(pool, 'begin', work)

/**
 * Runs `work` in a transaction that sees `tenant` and nothing of another one: row-level security compares each row with this setting,
 * which ends with the transaction. One round trip more than the work's own on each side.
 */
export const inTenant = <Result>(
  pool: Pool,
  tenant: TenantId,
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> => transact(pool, `begin; set local treadle.tenant = ${pg.escapeLiteral(tenant)}`, work)

/**
 * For a statement that does nothing but call a function with `t.tenant`: it sets the tenant of parameter $1 on the way, so it is a transaction
 * of its own, in one round trip. Not for a statement that reads tables itself: those may be looked at before.
 */
export const FROM_TENANT = "from set_config('treadle.tenant', $1, true) as t(tenant)"

async function transact<Result>(
  pool: Pool,
  begin: string,
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query(begin)
    const result = await work(client)
    await client.query('commit')
    return result
  } catch (error) {
    if (isUnanswered(error)) broken = error
    // Where even this fails the connection is gone, and the transaction with it.
    else
      await client.query('rollback').catch((rollbackError: Error) => {
        broken = rollbackError
      })
    throw error
  } finally {
    client.release(broken)
  }
}

/** The driver's `query_timeout`, which has no code: whatever is sent after it would wait behind it. */
const isUnanswered = (error: unknown): error is Error =>
  error instanceof Error && error.message === 'Query read timeout'
