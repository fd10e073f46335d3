import { randomBytes } from 'node:crypto'
import { newApiKey, SCOPES } from '@treadle/api'
import { createKeyAdmin } from '@treadle/storage'
import type { Pool } from 'pg'

export type KeyOptions = { tenant?: string; scopes?: readonly string[]; validMs?: number }

/** A key as an operator makes one, and the header that sends it. */
export async function makeKey(admin: Pool, { tenant = 'default', scopes = SCOPES, validMs }: KeyOptions = {}) {
  const { id, key, secretSha256 } = newApiKey()
  const name = `test ${randomBytes(4).toString('hex')}`
  await createKeyAdmin({ pool: admin }).add({ id, tenant, name, secretSha256, scopes, validMs })
  return { id, key, headers: { authorization: `Bearer ${key}` } }
}
