import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { beforeAll, expect, test } from 'vitest'
import { endFaults } from '../support/invariants.ts'
import { useStack } from '../support/use-stack.ts'
import { collect, createClient } from './support/client.ts'
import { followUntil } from './support/follow-until.ts'
import { followFrames } from './support/frames.ts'

/*
 * docs/operations.md, as a test: a backup is taken while runs go on, everything is destroyed, and the backup is put back. Temporal's database
 * first, then Postgres, then the blobs: so each holds all that the one before it refers to.
 */

const stack = useStack({
  postgres: 'own',
  temporalDatabase: 'file',
  apiEnv: { TREADLE_RECONCILE_INTERVAL_MS: '200' },
})
const client = () => createClient(stack().url)
const execute = promisify(execFile)
const copy = (from: string, to: string) => execute('cp', ['-a', from, to])

const TEXT = 'of a blob '.repeat(5_000)
const WORDS = Array.from({ length: 20 }, (_, index) => `w${index} `)
const review = () => ({
  ir: 'treadle/v1',
  name: 'review',
  models: { fast: { provider: 'openai', model: 'scripted' } },
  tools: { fetch: { kind: 'http', url: `${stack().tools.url}/page`, timeout: '5s' } },
  nodes: {
    page: { kind: 'tool', tool: 'fetch', args: {} },
    approval: { kind: 'receive', signal: 'approve', after: ['page'] },
    answer: { kind: 'llm', model: 'fast', prompt: 'Sum up', after: ['approval'] },
  },
  output: { size: '${size(nodes.page.text)}', answer: '${nodes.answer}' },
})

type Before = { ended: string; frames: string[]; waiting: string; fetched: number }
let before: Before
beforeAll(async () => {
  stack().tools.when({ path: '/page' }, { json: { text: TEXT } })
  stack().model.when(
    { prompt: 'Sum up' },
    WORDS.map((text) => ({ text })),
  )
  const { id: ended } = await client().start({ ir: review() })
  const { id: waiting } = await client().start({ ir: review() })
  await followUntil(client(), waiting, 'run.waiting')
  await followUntil(client(), ended, 'run.waiting')
  expect((await client().post(`/runs/${ended}/signals/approve`, {})).status).toBe(202)
  const frames = await followFrames({ url: () => stack().url, path: `/runs/${ended}/stream` })
  await backUp()
  // What comes after the backup is lost with the disaster, and must not be mixed with what comes back.
  expect((await client().post(`/runs/${waiting}/signals/approve`, {})).status).toBe(202)
  await client().result(waiting)
  before = { ended, frames, waiting, fetched: stack().tools.requests.length }
}, 180_000)

const parts = () => {
  const { folder } = stack()
  return {
    backup: join(folder, 'backup'),
    postgres: join(folder, 'postgres'),
    blobs: join(folder, 'blobs'),
    temporal: join(folder, 'temporal.db'),
  }
}

async function backUp(): Promise<void> {
  const { backup, postgres, blobs, temporal } = parts()
  await mkdir(backup, { mode: 0o755 })
  // Its files have to be of one moment.
  stack().temporal.child.signal('SIGSTOP')
  await execute('sh', ['-c', `cp -a ${temporal}* ${backup}/`])
  stack().temporal.child.signal('SIGCONT')

  const database = new pg.Client({ connectionString: stack().database.adminUrl })
  await database.connect()
  await database.query("select pg_backup_start('test', fast => true)")
  await copy(postgres, join(backup, 'postgres'))
  const { rows } = await database.query<{ labelfile: string }>('select labelfile from pg_backup_stop()')
  await execute('sh', ['-c', `cp -a ${postgres}/pg_wal/* ${backup}/postgres/pg_wal/`])
  // A copy, so that it belongs to whom the server runs as.
  await copy(join(postgres, 'PG_VERSION'), join(backup, 'postgres', 'backup_label'))
  await writeFile(join(backup, 'postgres', 'backup_label'), rows[0]?.labelfile ?? '')
  await rm(join(backup, 'postgres', 'postmaster.pid'))
  await database.end()

  await copy(blobs, join(backup, 'blobs'))
}

/** All is destroyed, and comes back from the backup; Temporal's database too, or empty. */
async function restore({ withTemporal }: { withTemporal: boolean }): Promise<void> {
  const { backup, postgres, blobs, temporal } = parts()
  const { api, workers, temporal: engine, postgres: server } = stack()
  const services = [api, ...workers, engine, ...(server ? [server] : [])]
  for (const service of services) await service.kill()
  await execute('sh', ['-c', `rm -rf ${postgres} ${blobs} ${temporal}*`])
  await copy(join(backup, 'postgres'), postgres)
  await copy(join(backup, 'blobs'), blobs)
  if (withTemporal) await execute('sh', ['-c', `cp -a ${backup}/temporal.db* ${stack().folder}/`])
  for (const service of services.toReversed()) await service.restart()
}

test('with Temporal’s database, ended runs are as they were, and open ones go on without doing again what was done', {
  timeout: 180_000,
}, async () => {
  await restore({ withTemporal: true })
  const { ended, frames, waiting, fetched } = before
  expect(await followFrames({ url: () => stack().url, path: `/runs/${ended}/stream` })).toEqual(frames)
  await expect
    .poll(async () => (await client().post(`/runs/${waiting}/signals/approve`, {})).status, { timeout: 60_000 })
    .toBe(202)
  expect(await client().result(waiting)).toMatchObject({
    status: 'completed',
    output: { size: TEXT.length, answer: WORDS.join('') },
  })
  expect(await endFaults(stack(), await collect(client().follow(waiting)))).toEqual([])
  expect(stack().tools.requests.length).toBe(fetched)
})

test('without it, ended runs are as they were, open ones fail and say why, and a fork goes on from what was done', {
  timeout: 180_000,
}, async () => {
  await restore({ withTemporal: false })
  const { ended, frames, waiting, fetched } = before
  expect(await followFrames({ url: () => stack().url, path: `/runs/${ended}/stream` })).toEqual(frames)
  const events = await collect(client().follow(waiting))
  expect(events.at(-1)).toMatchObject({
    type: 'run.failed',
    data: { error: { type: 'internal', message: 'Temporal knows nothing of this run any more.' } },
  })
  const from = events.find(({ type }) => type === 'node.completed')?.seq
  const answer = await client().post(`/runs/${waiting}/fork`, { from })
  const { id } = (await answer.json()) as { id: string }
  await followUntil(client(), id, 'run.waiting')
  await client().post(`/runs/${id}/signals/approve`, {})
  expect(await client().result(id)).toMatchObject({ status: 'completed', output: { size: TEXT.length } })
  expect(stack().tools.requests.length).toBe(fetched)
})
