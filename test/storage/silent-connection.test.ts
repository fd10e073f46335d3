import { createPool, createRunStore } from '@treadle/storage'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { useStorage } from './support/storage.ts'

/** A router forgets a connection: neither side hears of it, and nothing comes through any more. */

const storage = useStorage()
let proxy: TcpProxy
let pool: ReturnType<typeof createPool>
beforeAll(async () => {
  proxy = await startTcpProxy(storage().urls.apiUrl)
  pool = createPool({ url: proxy.url, applicationName: 'silent', max: 1, statementTimeoutMs: 100 })
})
beforeEach(async () => {
  await pool.query('select 1')
  proxy.hurt('lose')
})
afterAll(async () => {
  await proxy.stop()
  await pool.end()
})

test('a statement that gets no answer fails, and the next one has another connection', async () => {
  await expect(pool.query('select 2')).rejects.toThrow(/timeout/)
  expect((await pool.query('select 3 as it')).rows).toEqual([{ it: 3 }])
})

test('so does a transaction', async () => {
  const runs = createRunStore({ pool })
  await expect(runs.get('default', 'run_of_nobody')).rejects.toThrow(/timeout/)
  expect(await runs.get('default', 'run_of_nobody')).toBeUndefined()
})
