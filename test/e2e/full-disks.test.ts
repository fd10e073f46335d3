import { chown, mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { expect, test } from 'vitest'
import { mountSmallDisk } from '../support/small-disk.ts'
import { useStack } from '../support/use-stack.ts'
import { collect, createClient, faultsOf, textOf } from './support/client.ts'
import { documentOf, llm } from './support/nodes.ts'

const stack = useStack({ blobs: 's3', postgres: 'own' })
const client = () => createClient(stack().url)

test('a bucket whose disk is full fails nothing: the node waits for room, executes nothing twice, and says so where it gives up', async ({
  skip,
}) => {
  // Mounted over the bucket, so the server itself meets the end of the disk.
  const disk = await mountSmallDisk(join(stack().folder, 's3-objects', 'treadle'), 2)
  if (!disk) return skip('A small disk can only be mounted by root.')
  const { tools } = stack()
  tools.when({ path: '/large' }, { json: 'z'.repeat(400_000) })
  const ir = documentOf(
    { big: { kind: 'tool', tool: 'get', args: {} } },
    { tools: { get: { kind: 'http', method: 'GET', url: `${tools.url}/large` } }, output: '${nodes.big}' },
  )
  await disk.fill()
  const upload = await client().post('/blobs', 'y'.repeat(400_000).replace(/^|$/g, '"'))
  expect([upload.status, ((await upload.json()) as { detail: string }).detail]).toEqual([
    503,
    'The blob store is full.',
  ])
  const { id } = await client().start({ ir })
  await tools.waitFor(({ path }) => path === '/large')
  const said = () => stack().workers[0]?.child.tail() ?? ''
  await expect.poll(said, { timeout: 60_000 }).toContain('A large value could not be stored, and is tried again')
  expect(said()).toContain('No space left on device')
  expect(await (await client().get(`/runs/${id}`)).json()).toMatchObject({ status: 'running', nodes: { running: 1 } })
  await disk.makeRoom()

  const result = await client().result(id)
  expect(result.status).toBe('completed')
  expect(await (await client().get(`/blobs/${result.ref?.sha256}`)).json()).toBe('z'.repeat(400_000))
  const events = await collect(client().follow(id))
  expect(faultsOf(events)).toEqual([])
  expect(events.filter(({ type }) => type === 'node.started')).toHaveLength(1)
  expect(tools.requests.filter(({ path }) => path === '/large')).toHaveLength(1)
}, 180_000)

test('a database whose disk is full fails nothing: the stream waits, requests are told, and all goes on where there is room', async ({
  skip,
}) => {
  const folder = join(stack().folder, 'small')
  await mkdir(folder)
  const disk = await mountSmallDisk(folder, 12)
  if (!disk) return skip('A small disk can only be mounted by root.')
  const owner = await stat(join(stack().folder, 'postgres'))
  const space = join(folder, 'space')
  await mkdir(space, { mode: 0o700 })
  await chown(space, owner.uid, owner.gid)
  await moveEvents(space)

  const pieces = Array.from({ length: 60 }, (_, index) => ({ text: `${index} ${'word '.repeat(2_000)}` }))
  stack().model.when({ prompt: 'Tell' }, [{ text: 'It begins. ' }, { gate: 'full' }, ...pieces])
  const { id } = await client().start({ ir: documentOf({ told: llm('Tell me.') }, { output: '${nodes.told}' }) })
  await stack().model.reached('full')
  await disk.fill()
  stack().model.open('full')

  // The worker cannot write, keeps what it has, and says in its log why.
  const worker = stack().workers[0]
  await expect.poll(() => worker?.child.tail() ?? '', { timeout: 60_000 }).toContain('A batch of events is sent again')
  expect(worker?.child.tail()).toMatch(/No space left on device|could not extend file/)
  const refused = await startUntilRefused()
  expect(refused).toMatchObject({ status: 503, detail: 'The database has no room left.' })
  expect(await (await client().get(`/runs/${id}`)).json()).toMatchObject({ status: 'running' })

  await disk.makeRoom()
  const whole = `It begins. ${pieces.map(({ text }) => text).join('')}`
  const result = await client().result(id)
  expect(result.status).toBe('completed')
  const events = await collect(client().follow(id))
  expect(faultsOf(events)).toEqual([])
  expect(textOf(events, 'told')).toBe(whole)
  expect(events.filter(({ type }) => type === 'node.started')).toHaveLength(1)
  const after = await client().start({ ir: documentOf({ a: { kind: 'set', value: 1 } }, { output: '${nodes.a}' }) })
  expect(await client().result(after.id)).toMatchObject({ status: 'completed', output: 1 })
}, 180_000)

/** The first bytes of a run fit into pages that are there already; some run does not. */
async function startUntilRefused(): Promise<{ status: number; detail: string }> {
  for (let tries = 0; tries < 200; tries++) {
    const answer = await client().post('/runs', {
      ir: documentOf({ a: { kind: 'wait', for: '1h' } }, { name: `filling-${tries}` }),
      input: { text: `${tries} `.repeat(2_000) },
    })
    if (answer.status !== 201) return { status: answer.status, ...((await answer.json()) as { detail: string }) }
  }
  throw new Error('The disk was never full.')
}

/** Events, and what a new run writes, lie on that disk from now on. */
async function moveEvents(space: string): Promise<void> {
  const admin = new pg.Client({ connectionString: stack().database.adminUrl })
  await admin.connect()
  try {
    await admin.query(`create tablespace small location '${space}'`)
    const { rows } = await admin.query<{ name: string }>(
      "select tablename as name from pg_tables where schemaname = 'treadle' and (tablename ~ '^events_' or tablename in ('run_requests', 'checkpoints'))",
    )
    for (const { name } of rows) await admin.query(`alter table treadle.${name} set tablespace small`)
  } finally {
    await admin.end()
  }
}
