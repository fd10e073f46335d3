import { cp, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureLogin, migrate } from '@treadle/storage'
import pg from 'pg'
import { beforeAll, expect, inject, test } from 'vitest'

const OURS = fileURLToPath(new URL('../../packages/storage/migrations/', import.meta.url))
const ROUTINES = fileURLToPath(new URL('../../packages/storage/routines/', import.meta.url))

let databases = 0
let adminUrl = ''
beforeAll(() => {
  adminUrl = inject('shared').postgres.adminUrl
})

/** An empty database of its own. */
async function emptyDatabase(): Promise<string> {
  const name = `test_migrate_${process.pid}_${++databases}`
  await query(adminUrl, `create database ${name}`)
  const url = new URL(adminUrl)
  url.pathname = `/${name}`
  return url.href
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

test('an empty database gets every migration once, though several processes migrate it at the same time', async () => {
  const url = await emptyDatabase()
  const applied: string[] = []
  await Promise.all(Array.from({ length: 4 }, () => migrate({ adminUrl: url, log: (line) => applied.push(line) })))
  const files = (await readdir(OURS)).sort()
  expect(applied).toEqual(files.map((file) => `Applied migration ${file}`))
  expect(await query(url, 'select name from treadle.migrations order by name')).toEqual(files.map((name) => ({ name })))
})

test('a migration that was changed after it was applied is refused by name', async () => {
  const url = await emptyDatabase()
  await migrate({ adminUrl: url })
  const folder = await mkdtemp(join(inject('shared').folder, 'migrations-'))
  await cp(OURS, folder, { recursive: true })
  const [first = ''] = (await readdir(folder)).sort()
  await writeFile(join(folder, first), `${await readFile(join(folder, first), 'utf8')}\n-- changed`)
  await expect(migrate({ adminUrl: url, folder })).rejects.toThrow(`The migration ${first} was changed`)
})

test('the database of a newer version is refused', async () => {
  const url = await emptyDatabase()
  const folder = await mkdtemp(join(inject('shared').folder, 'migrations-'))
  await cp(OURS, folder, { recursive: true })
  await writeFile(join(folder, '9999_newer.sql'), 'select 1')
  await migrate({ adminUrl: url, folder })
  await expect(migrate({ adminUrl: url })).rejects.toThrow('9999_newer.sql')
})

test('a migration that fails leaves nothing of itself behind', async () => {
  const url = await emptyDatabase()
  const folder = await mkdtemp(join(inject('shared').folder, 'migrations-'))
  await writeFile(join(folder, '0001_half.sql'), 'create table treadle.half (id int); select 1 / 0')
  await expect(migrate({ adminUrl: url, folder })).rejects.toThrow('0001_half.sql failed: division by zero')
  expect(await query(url, "select to_regclass('treadle.half') as half")).toEqual([{ half: null }])
})

test('routines that are not this version’s are replaced, and nobody loses a grant by it', async () => {
  const url = await emptyDatabase()
  const routinesFolder = await mkdtemp(join(inject('shared').folder, 'routines-'))
  await cp(ROUTINES, routinesFolder, { recursive: true })
  await writeFile(
    join(routinesFolder, '8_other.sql'),
    'create function treadle.other() returns int language sql return 1',
  )
  await migrate({ adminUrl: url, routinesFolder })
  expect(await query(url, 'select treadle.other()')).toEqual([{ other: 1 }])

  await migrate({ adminUrl: url })
  expect(await query(url, "select to_regproc('treadle.other') as other")).toEqual([{ other: null }])
  const allowed =
    "select has_function_privilege('treadle_worker', p.oid, 'execute') as may from pg_proc p where p.proname = 'append'"
  expect(await query(url, allowed)).toEqual([{ may: true }])
})

test('routines that cannot be made leave the former ones', async () => {
  const url = await emptyDatabase()
  await migrate({ adminUrl: url })
  const routinesFolder = await mkdtemp(join(inject('shared').folder, 'routines-'))
  await writeFile(
    join(routinesFolder, '1_bad.sql'),
    'create function treadle.bad() returns int language sql return no_such()',
  )
  await expect(migrate({ adminUrl: url, routinesFolder })).rejects.toThrow(
    '1_bad.sql: function no_such() does not exist',
  )
  expect(await query(url, "select count(*)::int from pg_proc where proname = 'append'")).toEqual([{ count: 1 }])
})

test('a login gets its password and its role, and again when it is there', async () => {
  const url = await emptyDatabase()
  await migrate({ adminUrl: url })
  const name = `login_${process.pid}`
  for (const password of ['first', 'it’s "second"'])
    await ensureLogin({ adminUrl: url, name, password, role: 'treadle_worker' })
  const login = new URL(url)
  login.username = name
  login.password = encodeURIComponent('it’s "second"')
  expect(await query(login.href, 'select count(*)::int from treadle.runs')).toEqual([{ count: 0 }])
})
