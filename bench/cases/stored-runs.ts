import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { startApi } from '@treadle/local'
import { createAppender, createPool } from '@treadle/storage'
import type { Case, CaseContext, Line } from '../harness/case.ts'
import { quantile } from '../harness/statistics.ts'
import { inTurns } from '../harness/turns.ts'
import { askJson, open } from '../load/http.ts'
import { createLogDatabase } from '../sides/log-database.ts'

const FEW = 1_000
const MANY = 1_000_000

const QUESTIONS = ['list', 'read', 'resume'] as const
const TITLES = { list: 'GET /runs', read: 'GET /runs/{id}', resume: 'resume of a stream' }

export const p14: Case = {
  id: 'P14',
  title: 'reading beside 1,000 and beside 1,000,000 stored runs',
  async measure(context) {
    const many = context.quick ? 10 * FEW : MANY
    const sizes = { few: await storedRuns(context, FEW), many: await storedRuns(context, many) }
    const lines: Line[] = []
    for (const question of QUESTIONS) {
      const { few = [], many: beside = [] } = await inTurns(
        { few: sizes.few[question], many: sizes.many[question] },
        context,
      )
      const ratio = beside.map((ms, round) => ms / (few[round] ?? ms))
      const notes = [`${TITLES[question]}: ${middle(few)} ms beside ${FEW} runs, ${middle(beside)} ms beside ${many}`]
      const what = `${TITLES[question]}, beside many ÷ beside few`
      lines.push({ what, unit: '', figures: { ours: ratio }, budgets: [{ atMost: 2 }], notes })
    }
    const perRun = { what: 'a run of one node and 4 events, with its indexes', unit: 'bytes', budgets: [] }
    return [...lines, { ...perRun, figures: { ours: [sizes.many.bytes] } }]
  },
}

const middle = (values: readonly number[]) => quantile(values, 0.5).toFixed(2)

/** An API on a database with so many ended runs; what gives the median of one question in ms. */
async function storedRuns({ bed, quick }: CaseContext, count: number) {
  const servers = await bed.servers()
  const database = await createLogDatabase(servers, `bench_stored_${count}`)
  const bytes = await fill(database, count)
  await database.api.end()
  const blobs = join(servers.folder, `blobs-${count}`)
  await mkdir(blobs)
  const { url } = await startApi(servers.supervisor, {
    temporalAddress: servers.temporalAddress,
    temporalNamespace: servers.temporalNamespace,
    databaseUrl: database.urls.apiUrl,
    blobs: pathToFileURL(blobs).href,
    port: 0,
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const repeats = quick ? 20 : 100
  const median = (ask: (runId: string) => Promise<unknown>) => async () => {
    const each: number[] = []
    for (let index = 0; index < repeats; index += 1) {
      const runId = idOf(1 + Math.floor(((index * 7_919) % repeats) * (count / repeats)))
      const startedAt = performance.now()
      await ask(runId)
      each.push(performance.now() - startedAt)
    }
    return quantile(each, 0.5)
  }
  return {
    bytes,
    list: median(() => askJson('GET', `${url}/runs?limit=50`)),
    read: median((id) => askJson('GET', `${url}/runs/${id}`)),
    resume: median(async (id) => {
      for await (const _ of await open('GET', `${url}/runs/${id}/stream?after=1`));
    }),
  }
}

/** As in `fill`. */
const idOf = (number: number) => `run_${String(number).padStart(26, '0')}`

/**
 * Plays one run to its end, and copies all of its rows, each copy with an id and a time of its own, which grow together as they do where runs
 * come one after the other. Resolves to the bytes that each takes.
 */
async function fill({ urls, startRun }: Awaited<ReturnType<typeof createLogDatabase>>, count: number): Promise<number> {
  const worker = createPool({ url: urls.workerUrl, applicationName: 'bench worker', max: 1 })
  const appender = createAppender({ pool: worker })
  const run = await startRun()
  await appender.claim({ run, path: 'answer', kind: 'llm', runtime: 'typescript', outbox: [] })
  const events = [{ ordinal: 1, type: 'node.delta', data: { text: 'an answer', offset: 0 } }] as const
  await appender.append({ run, path: 'answer', attempt: 1, events: [...events] })
  await appender.record({ run, outbox: [{ n: 1, type: 'run.completed', data: { output: null } }] })
  await appender.close()
  await worker.end()

  const admin = createPool({ url: urls.adminUrl, applicationName: 'bench', max: 20, statementTimeoutMs: 0 })
  const own = { id: `'run_' || lpad(n::text, 26, '0')`, time: `- (${count} - n) * interval '50 milliseconds'` }
  // The copies reach 14 hours back: into yesterday, at the most.
  await admin.query(`select treadle.ensure_events_partition(now() - interval '1 day')`)
  const { rows: tables } = await admin.query<{ name: string; columns: string[] }>(
    `select c.table_name as name, array_agg(c.column_name::text order by c.ordinal_position) as columns
    from information_schema.columns c join pg_class t on t.oid = format('treadle.%I', c.table_name)::regclass
    where c.table_schema = 'treadle' and t.relkind in ('r', 'p') and not t.relispartition
    group by 1 having 'run_id' = any (array_agg(c.column_name::text)) or c.table_name = 'runs'`,
  )
  const copies = tables.map(({ name, columns }) => {
    const key = name === 'runs' ? 'id' : 'run_id'
    const values = columns.map((column) => {
      if (column === key) return own.id
      const isTime = column === 'run_created_at' || (name === 'runs' && column === 'created_at')
      return isTime ? `"${column}" ${own.time}` : `"${column}"`
    })
    return `insert into treadle.${name} (${columns.map((column) => `"${column}"`).join(', ')})
      select ${values.join(', ')} from treadle.${name}, generate_series($1::integer, $2) n where ${key} = $3`
  })
  // In two parts, for two cores.
  const parts = [
    [1, count / 2],
    [count / 2 + 1, count],
  ]
  await Promise.all(copies.flatMap((copy) => parts.map((part) => admin.query(copy, [...part, run.id]))))
  await admin.query('vacuum analyze')
  await admin.query('checkpoint') // What it writes then is not in the way of who reads.
  const { rows } = await admin.query<{ bytes: number }>(
    `select sum(pg_total_relation_size(c.oid))::float8 as bytes from pg_class c
    where c.relnamespace = 'treadle'::regnamespace and c.relkind = 'r'`,
  )
  await admin.end()
  return (rows[0]?.bytes ?? 0) / count
}
