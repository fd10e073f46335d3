import type { EventEnvelope, RunRef } from '@treadle/contract'
import { type Appender, createAppender, createPool } from '@treadle/storage'
import { onTestFinished } from 'vitest'
import { envelope } from './events.ts'
import type { useStorage } from './storage.ts'

type Storage = ReturnType<ReturnType<typeof useStorage>>

export type Call = (appender: Appender, run: RunRef) => Promise<unknown>

/**
 * Makes the calls for so many runs at once; each turn's are called in one turn of the event loop. With `beside` one more run claims a node
 * in each turn, which no statement but the one for all cases takes. Resolves to what the first run got, left behind and told, times and
 * ids aside.
 */
export async function playCalls(
  { urls, admin, log, startRun }: Storage,
  turns: Call[][],
  runs: number,
  beside = false,
) {
  const pool = createPool({ url: urls.workerUrl, applicationName: 'test steps', max: 1 })
  onTestFinished(() => pool.end())
  const appender = createAppender({ pool })
  const refs = await Promise.all(Array.from({ length: runs }, () => startRun()))
  const company = await startRun()
  const [run] = refs
  if (!run) throw new Error('It takes a run.')
  const told: EventEnvelope[] = []
  const follow = (async () => {
    for await (const batch of log.stream('default', run.id, { after: 0 })) told.push(...batch.map(envelope))
  })()
  const answers: unknown[] = []
  for (const [index, turn] of turns.entries()) {
    const made = refs.map((each) => Promise.all(turn.map((call) => call(appender, each))))
    const claim = { run: company, path: `n${index}`, kind: 'tool' as const, runtime: 'typescript' as const, outbox: [] }
    const [answer] = await Promise.all([...made, ...(beside ? [appender.claim(claim)] : [])])
    answers.push(answer)
  }
  await follow
  const rowsOf = async (table: string, key: string) => {
    const { rows } = await admin.query<{ row: Record<string, unknown> }>(
      `select to_json(t) as row from treadle.${table} t where ${key} = $1 order by to_json(t)::text`,
      [run.id],
    )
    return rows.map(({ row }) => withoutFacts(row))
  }
  const stored = {
    run: await rowsOf('runs', 'id'),
    nodes: await rowsOf('node_runs', 'run_id'),
    checkpoints: await rowsOf('checkpoints', 'run_id'),
    events: (await rowsOf('events', 'run_id')).sort((a, b) => Number(a.seq) - Number(b.seq)),
  }
  const { rows: prepared } = await pool.query<{ name: string }>('select name from pg_prepared_statements')
  return { answers, stored, told: told.map(withoutFacts), statements: prepared.map(({ name }) => name) }
}

/** What differs from run to run; that a time is there stays to be seen. */
function withoutFacts<Row extends object>(row: Row): Row {
  const isFact = ([key]: [string, unknown]) => /(^id|_id|runId|claim|time|_at)$/.test(key)
  const shown = Object.entries(row).map((entry) => (isFact(entry) ? [entry[0], entry[1] !== null] : entry))
  return Object.fromEntries(shown) as Row
}
