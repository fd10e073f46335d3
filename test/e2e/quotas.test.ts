import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeKey } from '../api/support/keys.ts'
import { useStack } from '../support/use-stack.ts'
import { createClient } from './support/client.ts'
import { WAIT } from './support/documents.ts'

/** What a tenant may take, it may take once, whichever API process it asks. */

const [RUNS_AT_ONCE, REQUESTS_A_MINUTE] = [5, 100]
const stack = useStack({
  apiEnv: {
    TREADLE_API_KEYS: 'required',
    TREADLE_RUNS_AT_ONCE: String(RUNS_AT_ONCE),
    TREADLE_REQUESTS_A_MINUTE: String(REQUESTS_A_MINUTE),
  },
})

let database: pg.Pool
let urls: string[] = []
beforeAll(async () => {
  database = new pg.Pool({ connectionString: stack().database.adminUrl, max: 1 })
  database.on('error', () => {})
  urls = [stack().url, (await stack().startApi()).url]
})
afterAll(() => database.end())

async function clientsOf(tenant: string) {
  const { headers } = await makeKey(database, { tenant })
  return urls.map((url) => createClient(url, headers))
}

const minuteNow = async (): Promise<number> => {
  const { rows } = await database.query<{ minute: string }>(
    'select floor(extract(epoch from clock_timestamp()) / 60) as minute',
  )
  return Number(rows[0]?.minute)
}

test('requests a minute', async () => {
  const clients = await clientsOf('hasty')
  const first = await minuteNow()
  const answers = await Promise.all(Array.from({ length: 300 }, (_, n) => clients[n % 2]?.get('/runs?limit=1')))
  const minutes = (await minuteNow()) - first + 1
  const passed = answers.filter((answer) => answer?.status === 200).length
  expect(passed).toBeLessThanOrEqual(REQUESTS_A_MINUTE * minutes)
  // Both were asked all the time, so nothing lies idle in one of them.
  expect(passed).toBeGreaterThanOrEqual(REQUESTS_A_MINUTE)
  expect(answers.filter((answer) => answer?.status === 429).length).toBe(300 - passed)
})

test('runs at once', async () => {
  const clients = await clientsOf('many')
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => clients[n % 2]?.post('/runs', { ir: WAIT })))
  const statuses = answers.map((answer) => answer?.status).sort()
  expect(statuses).toEqual([...Array(RUNS_AT_ONCE).fill(201), ...Array(20 - RUNS_AT_ONCE).fill(429)])
})
