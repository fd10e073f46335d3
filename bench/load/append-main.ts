// A worker process that does nothing but append: batches of 60 events, one after the other. Started by cases/append.ts.
import { createAppender, createPool } from '@treadle/storage'
import { type AppendJob, ATTEMPTS_TABLE, BATCH_EVENTS, HEADS_TABLE, PLAIN_TABLE } from './append-job.ts'

process.once('disconnect', () => process.exit())
process.on('message', async (job: AppendJob) => {
  try {
    process.send?.({ result: job.mode === 'appender' ? await appendInOrder(job) : await insertPlainly(job) })
  } catch (error) {
    process.send?.({ error: error instanceof Error ? error.message : String(error) })
  }
})

const DATA = { level: 'info', message: 'What a token of some forty letters takes' }

/** Through the appender: fenced, numbered without a gap, told to listeners. Resolves to the events that it wrote. */
async function appendInOrder({ url, runs, batches }: AppendJob): Promise<number> {
  const pool = createPool({ url, applicationName: 'bench appender' })
  const appender = createAppender({ pool })
  const claims = await Promise.all(
    runs.map((run) => appender.claim({ run, path: 'a', kind: 'llm', runtime: 'typescript', outbox: [] })),
  )
  const attempts = claims.map((claim, index) => {
    const run = runs[index]
    if (claim.status !== 'claimed' || !run) throw new Error('A run of the benchmark could not be claimed.')
    return { run, path: 'a', attempt: claim.attempt, ordinal: 0 }
  })
  for (let batch = 0; batch < batches; batch++) {
    const calls = Array.from({ length: BATCH_EVENTS }, (_, index) => {
      const held = attempts[(batch * BATCH_EVENTS + index) % attempts.length]
      if (!held) throw new Error('There is no run.')
      const events = [{ ordinal: ++held.ordinal, type: 'log', data: DATA }]
      return appender.append({ ...held, events })
    })
    for (const { accepted } of await Promise.all(calls)) if (!accepted) throw new Error('An append was refused.')
  }
  await appender.close()
  await pool.end()
  return batches * BATCH_EVENTS
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

async function insertPlainly({ mode, url, runs, batches, writer }: AppendJob): Promise<number> {
  const pool = createPool({ url, applicationName: 'bench inserter' })
  const text = mode === 'told' ? INSERT_AND_TELL : INSERT
  let seq = 0
  for (let batch = 0; batch < batches; batch++) {
    const rows = Array.from({ length: BATCH_EVENTS }, (_, index) => ({
      run: `${writer}-${runs[(batch * BATCH_EVENTS + index) % runs.length]?.id}`,
      seq: ++seq,
    }))
    const data = rows.map(() => JSON.stringify(DATA))
    const values = [rows.map(({ run }) => run), rows.map((row) => row.seq), data]
    await pool.query({ name: mode, text, values })
  }
  await pool.end()
  return batches * BATCH_EVENTS
}
