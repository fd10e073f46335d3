// A worker process that does nothing but append: batches of 60 events, one after the other. Started by cases/append.ts.
import type { RunRef } from '@treadle/contract'
import { createAppender, createPool } from '@treadle/storage'
import type { Pool } from 'pg'
import {
  type AppendJob,
  type AppendMessage,
  ATTEMPTS_TABLE,
  BATCH_EVENTS,
  HEADS_TABLE,
  PLAIN_TABLE,
} from './append-job.ts'

process.once('disconnect', () => process.exit())
let writer: Writer | undefined
process.on('message', async (message: AppendMessage) => {
  try {
    if (message === 'go') {
      process.send?.({ result: await writer?.measured() })
      return
    }
    const { mode, runs, batches, batchesBefore } = message
    const pool = createPool({ url: message.url, applicationName: 'bench writer' })
    const write = mode === 'appender' ? await appendInOrder(pool, runs) : insertPlainly(pool, message)
    writer = { measured: () => writeAll(write, batches) }
    process.send?.({ result: await writeAll(write, batchesBefore) })
  } catch (error) {
    process.send?.({ error: error instanceof Error ? error.message : String(error) })
  }
})

type Writer = { measured(): Promise<number> }

/** One batch after the other. Resolves to the events that they had. */
async function writeAll(write: () => Promise<void>, batches: number): Promise<number> {
  for (let batch = 0; batch < batches; batch++) await write()
  return batches * BATCH_EVENTS
}

const DATA = { level: 'info', message: 'What a token of some forty letters takes' }

/** Through the appender: fenced, numbered without a gap, told to listeners. */
async function appendInOrder(pool: Pool, runs: RunRef[]): Promise<() => Promise<void>> {
  const appender = createAppender({ pool })
  const claims = await Promise.all(
    runs.map((run) => appender.claim({ run, path: 'a', kind: 'llm', runtime: 'typescript', outbox: [] })),
  )
  const attempts = claims.map((claim, index) => {
    const run = runs[index]
    if (claim.status !== 'claimed' || !run) throw new Error('A run of the benchmark could not be claimed.')
    return { run, path: 'a', attempt: claim.attempt, ordinal: 0 }
  })
  let next = 0
  return async () => {
    const calls = Array.from({ length: BATCH_EVENTS }, () => {
      const held = attempts[next++ % attempts.length]
      if (!held) throw new Error('There is no run.')
      const events = [{ ordinal: ++held.ordinal, type: 'log', data: DATA }]
      return appender.append({ ...held, events })
    })
    for (const { accepted } of await Promise.all(calls)) if (!accepted) throw new Error('An append was refused.')
  }
}

/** The same rows into a table of the same shape, and nothing else: no order over processes, no fence, nobody told. */
const INSERT = `insert into ${PLAIN_TABLE} (run_created_at, tenant, run_id, seq, time, type, node, attempt, data)
  select now(), 'default', run, seq, now(), 'log', 'a', 1, data from unnest($1::text[], $2::integer[], $3::text[]) as e(run, seq, data)`

/**
 * And a counted row for each run, a row for each attempt that says up to where it has written, and one notification: the least that a log
 * costs which is ordered, takes nothing twice nor from an attempt that is no longer the newest, and tells of itself.
 */
const INSERT_AND_TELL = `with counted as (
    insert into ${HEADS_TABLE} as h (run, seq) select run, count(*) from unnest($1::text[]) as run group by run order by run
    on conflict (run) do update set seq = h.seq + excluded.seq
  ), fenced as (
    insert into ${ATTEMPTS_TABLE} as a (run, path, attempt, last)
    select run, 'a', 1, max(seq) from unnest($1::text[], $2::integer[]) as e(run, seq) group by run order by run
    on conflict (run, path) do update set last = excluded.last where a.attempt = excluded.attempt and a.last < excluded.last
  ), stored as (${INSERT})
  select pg_notify('plain_events', left(array_to_string($3::text[], E'\\n'), 7900))`

function insertPlainly(pool: Pool, { mode, runs, writer }: AppendJob): () => Promise<void> {
  const text = mode === 'told' ? INSERT_AND_TELL : INSERT
  let seq = 0
  return async () => {
    const rows = Array.from({ length: BATCH_EVENTS }, () => ({
      run: `${writer}-${runs[seq % runs.length]?.id}`,
      seq: ++seq,
    }))
    const data = rows.map(() => JSON.stringify(DATA))
    const values = [rows.map(({ run }) => run), rows.map((row) => row.seq), data]
    await pool.query({ name: mode, text, values })
  }
}
