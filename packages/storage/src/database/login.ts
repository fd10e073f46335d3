import pg from 'pg'

export type LoginOptions = {
  /** A role that may create roles. */
  adminUrl: string
  name: string
  password: string
  role: 'treadle_api' | 'treadle_worker'
}

/** Creates or changes the login `name`: it has this password, and is a member of `role`. Safe to repeat, and to race. */
export async function ensureLogin({ adminUrl, name, password, role }: LoginOptions): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl, application_name: 'treadle login' })
  client.on('error', () => {}) // A lost connection rejects the query that runs; without a listener it would end the process.
  await client.connect()
  const user = pg.escapeIdentifier(name)
  const secret = pg.escapeLiteral(password)
  try {
    // Roles belong to the whole server, and changing one twice at once fails; so one after the other.
    await client.query('begin')
    await client.query('select pg_advisory_xact_lock($1)', [LOCK])
    const { rowCount } = await client.query('select from pg_roles where rolname = $1', [name])
    await client.query(`${rowCount ? 'alter' : 'create'} role ${user} login inherit password ${secret}`)
    await client.query(`grant ${role} to ${user}`)
    await client.query('commit')
  } finally {
    await client.end()
  }
}

// Advisory locks are per database, so two databases of one server may still collide: then Postgres itself refuses the second.
const LOCK = 7_261_935_002
