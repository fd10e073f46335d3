import type { Run } from '@treadle/contract'
import { openBlobs } from '@treadle/storage'
import { expect, test } from 'vitest'
import { rowsOf } from '../support/database.ts'
import type { Stack } from '../support/stack.ts'
import { useStack } from '../support/use-stack.ts'
import { collect, createClient } from './support/client.ts'
import { followUntil } from './support/follow-until.ts'
import { documentOf, receive } from './support/nodes.ts'

/** Of a worker that keeps nothing for longer than some seconds. */
const keeping = {
  TREADLE_RETENTION_DAYS: '0.00005',
  TREADLE_BLOBS_UNTOUCHED_MS: '1000',
  TREADLE_HOUSEKEEPING_INTERVAL_MS: '200',
  TREADLE_LOG_PACK_AFTER_MS: '500',
  TREADLE_LOG_ARCHIVE_AFTER_MS: '500',
  TREADLE_LOG_KEEP_INTERVAL_MS: '200',
}
const stack = useStack()
const client = () => createClient(stack().url)

test('a worker erases what has ended long enough ago, with its log, packs and blobs, and leaves what is open or shared', async () => {
  const { tools } = stack()
  tools.when({ where: ({ path }) => path.startsWith('/large/') }, ({ path }) => ({ json: path.repeat(5_000) }))
  const large = (name: string) => ({ kind: 'http', method: 'GET', url: `${tools.url}/large/${name}` })
  const call = (tool: string) => ({ kind: 'tool', tool, args: {} })
  const documentWith = (own: string, more: object = {}) =>
    documentOf(
      { own: call('own'), shared: { ...call('shared'), after: ['own'] }, ...more },
      { tools: { own: large(own), shared: large('shared') }, output: ['${nodes.own}', '${nodes.shared}'] },
    )
  const open = await client().start({ ir: documentWith('open', { person: receive('go', { after: ['shared'] }) }) })
  await followUntil(client(), open.id, 'run.waiting')
  const ended = await client().start({ ir: documentWith('ended') }, { 'idempotency-key': 'ended' })
  const result = await client().result(ended.id)
  const [own, shared] = (result.output as { $blob: { sha256: string } }[]).map(({ $blob }) => $blob.sha256)
  expect((await collect(client().follow(ended.id))).at(-1)?.type).toBe('run.completed')
  expect(await rowCounts(stack(), ended.id)).toMatchObject({ runs: 1, checkpoints: 2, blob_refs: 2 })

  const keeper = await stack().startWorker(keeping)
  await expect.poll(async () => (await client().get(`/runs/${ended.id}`)).status, { timeout: 60_000 }).toBe(404)
  // The housekeeper takes the last reference first, and the bytes in a later round.
  await expect.poll(async () => (await client().get(`/blobs/${own}`)).status, { timeout: 60_000 }).toBe(404)
  expect(await rowCounts(stack(), ended.id)).toEqual({})
  for (const path of [
    '',
    '/stream',
    '/events',
    '/state',
    '/result',
    '/graph',
    '/checkpoints',
    '/checkpoints/3',
    '/pending',
  ]) {
    const answer = await client().get(`/runs/${ended.id}${path}`)
    expect([path, answer.status, ((await answer.json()) as { type: string }).type]).toEqual([
      path,
      404,
      '/problems/not-found',
    ])
  }
  for (const [path, body] of Object.entries({ '/fork': { from: 1 }, '/rerun': {}, '/cancel': {}, '/signals/go': {} }))
    expect([path, (await client().post(`/runs/${ended.id}${path}`, body)).status]).toEqual([path, 404])
  const { items } = (await (await client().get('/runs')).json()) as { items: Run[] }
  expect(items.map(({ id }) => id)).toEqual([open.id])

  // What is open is whole, and the blob that both referred to is there for it.
  expect((await client().get(`/blobs/${shared}`)).status).toBe(200)
  expect((await client().post(`/runs/${open.id}/signals/go`, {})).status).toBe(202)
  expect((await client().result(open.id)).status).toBe('completed')
  await keeper.stop()
}, 180_000)

test('a log that is archived, and whose archive was lost, is said to be gone', async () => {
  const { id } = await client().start({ ir: documentOf({ a: { kind: 'set', value: 1 } }) })
  await client().result(id)
  // Packed, moved to the blobs, and then the blob is deleted behind our back: nothing of it can be read any more.
  const packing = await stack().startWorker({ ...keeping, TREADLE_RETENTION_DAYS: '0' })
  const archived = 'select blob from treadle.event_packs where run_id = $1 and blob is not null'
  await expect.poll(async () => (await rowsOf(stack(), archived, [id])).length, { timeout: 60_000 }).toBe(1)
  await packing.stop()
  const [pack] = await rowsOf<{ blob: string }>(stack(), archived, [id])
  await openBlobs({ url: stack().blobs }).delete('default', pack?.blob ?? '')
  const gone = await client().get(`/runs/${id}/stream`, { 'last-event-id': '1' })
  expect([gone.status, ((await gone.json()) as { type: string }).type]).toEqual([410, '/problems/stream-gone'])
}, 180_000)

/** How many rows of each table name the run. */
async function rowCounts(of: Stack, id: string): Promise<Record<string, number>> {
  const tables = await rowsOf<{ name: string; column: string }>(
    of,
    `select c.table_name as name, max(c.column_name) as column from information_schema.columns c
    join information_schema.tables t using (table_schema, table_name)
    where c.table_schema = 'treadle' and t.table_type = 'BASE TABLE' and (c.column_name = 'run_id' or (c.table_name = 'runs' and c.column_name = 'id'))
    group by 1`,
  )
  const counts: Record<string, number> = {}
  for (const { name, column } of tables) {
    const { length } = await rowsOf(of, `select from treadle.${name} where ${column} = $1`, [id])
    if (length > 0) counts[name] = length
  }
  return counts
}
