import pg from 'pg'

export type StoredEvent = { seq: number; type: string; data: string }
export type NewEvent = { type: string; data: object }

export type EventLog = ReturnType<typeof createEventLog>

export const CHANNEL = 'run_events'

/** The log of all runs: a counter in the run's row gives each event its number. */
export function createEventLog(databaseUrl: string) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 })
  pool.on('error', (error) => console.error(error))
  return {
    migrate: () => pool.query(SCHEMA),
    createRun: (id: string, workflow: string, input: unknown) =>
      pool.query({ name: 'create', text: CREATE_RUN, values: [id, workflow, JSON.stringify(input)] }),
    /** Stores events in their order and tells of them, in one statement and so in one commit. */
    append: (runId: string, events: readonly NewEvent[]) =>
      pool.query({
        name: 'append',
        text: APPEND,
        values: [runId, events.length, events.map(({ type }) => type), events.map(({ data }) => JSON.stringify(data))],
      }),
    async read(runId: string, after: number): Promise<StoredEvent[]> {
      const { rows } = await pool.query({ name: 'read', text: READ, values: [runId, after] })
      return rows
    },
  }
}

const SCHEMA = `
  create table if not exists runs (id text primary key, workflow text not null, input text not null,
    last_seq integer not null default 0, created_at timestamptz not null default now());
  create table if not exists events (run_id text not null, seq integer not null, type text not null, data text not null,
    time timestamptz not null default now(), primary key (run_id, seq))`

const CREATE_RUN = 'insert into runs (id, workflow, input) values ($1, $2, $3) on conflict do nothing'

const APPEND = `
  with run as (update runs set last_seq = last_seq + $2 where id = $1 returning last_seq - $2 as base),
  stored as (
    insert into events (run_id, seq, type, data)
    select $1, run.base + event.number, event.type, event.data
    from run, unnest($3::text[], $4::text[]) with ordinality as event (type, data, number))
  select pg_notify('${CHANNEL}', $1) from run`

const READ = 'select seq, type, data from events where run_id = $1 and seq > $2 order by seq'
