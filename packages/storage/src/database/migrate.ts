import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'

export type MigrateOptions = {
  /** A role that may create roles and owns the database (or is a superuser). */
  adminUrl: string
  /** Told of each migration that is applied. */
  log?: (message: string) => void
  /** Where the numbered files are. Default: the package's own. For tests. */
  folder?: string | URL
  /** Where the routines are. Default: the package's own. For tests. */
  routinesFolder?: string | URL
}

type Migration = { name: string; sql: string; sha256: string }

const FOLDER = new URL('../../migrations/', import.meta.url)
const ROUTINES_FOLDER = new URL('../../routines/', import.meta.url)

// Any number will do that nothing else in the database takes; advisory locks are per database.
const LOCK = 7_261_935_001

/**
 * Brings the database up to this version: creates the roles, applies the migrations that it lacks, in order, each in a transaction of
 * its own, and puts this version's routines in the place of others; under an advisory lock, so that any number of processes may call it
 * at once. Safe to repeat.
 *
 * What holds data changes by a new numbered file in `migrations/` alone. Functions and grants hold none: they stand whole in `routines/`,
 * are changed there, and are made anew where they are not this version's.
 * @throws when an applied migration is not the one that this version has under its name: it was changed after it was released, or the
 * database belongs to a newer version.
 */
export async function migrate({
  adminUrl,
  log = () => {},
  folder = FOLDER,
  routinesFolder = ROUTINES_FOLDER,
}: MigrateOptions): Promise<void> {
  const migrations = await readFiles(folder)
  const routines = await readFiles(routinesFolder)
  const client = new pg.Client({ connectionString: adminUrl, application_name: 'treadle migrate' })
  client.on('error', () => {}) // A lost connection rejects the query that runs; without a listener it would end the process.
  await client.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK])
    await ensureRoles(client)
    const applied = await readApplied(client)
    checkApplied(applied, migrations)
    for (const migration of migrations.slice(applied.length)) {
      await apply(client, migration)
      log(`Applied migration ${migration.name}`)
    }
    await replaceRoutines(client, routines)
  } finally {
    await client.end() // Releases the lock too.
  }
}

/** The SQL files of a folder, in the order of their numbers: `0001_what_it_is.sql`. */
async function readFiles(folder: string | URL): Promise<Migration[]> {
  const path = typeof folder === 'string' ? folder : fileURLToPath(folder)
  const names = (await readdir(path)).filter((name) => name.endsWith('.sql')).sort()
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(`${path}/${name}`, 'utf8')
      return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}

async function readApplied(client: pg.Client): Promise<{ name: string; sha256: string }[]> {
  await client.query('create schema if not exists treadle')
  await client.query(`create table if not exists treadle.migrations (
    name text primary key, sha256 text not null, applied_at timestamptz not null default now())`)
  const { rows } = await client.query<{ name: string; sha256: string }>(
    'select name, sha256 from treadle.migrations order by name',
  )
  return rows
}

function checkApplied(applied: { name: string; sha256: string }[], known: Migration[]): void {
  for (const [index, { name, sha256 }] of applied.entries()) {
    const ours = known[index]
    if (ours?.name !== name) {
      throw new Error(
        `The database has the migration ${name}, which this version of Treadle lacks: run the newer version that applied it.`,
      )
    }
    if (ours.sha256 !== sha256) {
      throw new Error(
        `The migration ${name} was changed after this database applied it. Restore the file and put the change into a new ` +
          'migration; or, where the data does not matter, drop the database.',
      )
    }
  }
}

const apply = (client: pg.Client, { name, sql, sha256 }: Migration): Promise<void> =>
  inTransaction(client, `The migration ${name}`, async () => {
    await client.query(sql)
    await client.query('insert into treadle.migrations (name, sha256) values ($1, $2)', [name, sha256])
  })

/** All or nothing, so that whoever calls a routine meanwhile finds the old ones or the new ones. */
async function replaceRoutines(client: pg.Client, routines: Migration[]): Promise<void> {
  const sha256 = createHash('sha256')
    .update(routines.map((file) => file.sha256).join())
    .digest('hex')
  await client.query('create table if not exists treadle.routines (sha256 text not null)')
  const { rows } = await client.query<{ sha256: string }>('select sha256 from treadle.routines')
  if (rows[0]?.sha256 === sha256) return
  await inTransaction(client, 'Replacing the routines', async () => {
    await client.query(DROP_ROUTINES)
    for (const { name, sql } of routines) {
      await client.query(sql).catch((error: Error) => {
        throw new Error(`${name}: ${error.message}`, { cause: error })
      })
    }
    await client.query('delete from treadle.routines')
    await client.query('insert into treadle.routines (sha256) values ($1)', [sha256])
  })
}

// Named before the first is dropped: a routine goes with those that it is called by.
const DROP_ROUTINES = `do $$
  declare routine text;
  begin
    foreach routine in array coalesce((
      select array_agg(p.oid::regprocedure::text) from pg_proc p where p.pronamespace = 'treadle'::regnamespace
    ), '{}') loop
      execute 'drop routine if exists ' || routine || ' cascade';
    end loop;
  end $$`

async function inTransaction(client: pg.Client, what: string, work: () => Promise<void>): Promise<void> {
  await client.query('begin')
  try {
    await work()
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => {}) // The connection may be gone, and the transaction with it.
    throw new Error(`${what} failed: ${(error as Error).message}`, { cause: error })
  }
}

// Roles belong to the whole server: a migration of another database may create them at the same moment.
async function ensureRoles(client: pg.Client): Promise<void> {
  for (const role of ['treadle_api', 'treadle_worker']) {
    await client.query(`do $$ begin
      if not exists (select from pg_roles where rolname = '${role}') then create role ${role} nologin; end if;
    exception when duplicate_object or unique_violation then null;
    end $$`)
  }
}
