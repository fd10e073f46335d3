import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { newRunId, type Plan, type RunRef } from '@treadle/contract'
import { databaseUrls, prepareDatabase, startApi } from '@treadle/local'
import { createPool, createRunStore } from '@treadle/storage'
import type { Servers } from '../harness/servers.ts'
import { ATTEMPTS_TABLE, HEADS_TABLE, PLAIN_TABLE } from '../load/append-job.ts'

/**
 * A database with our tables, one table of the same shape as the log's without anything around it, one that counts its rows by run, and one
 * that fences attempts.
 */
export async function createLogDatabase(servers: Servers, name = 'bench_log') {
  const adminUrl = await servers.createDatabase(name)
  const urls = databaseUrls(adminUrl, servers.password)
  await prepareDatabase(urls)
  const admin = createPool({ url: adminUrl, applicationName: 'bench', max: 1 })
  await admin.query(`create table if not exists ${PLAIN_TABLE} (like treadle.events including all)`)
  await admin.query(
    `create table if not exists ${HEADS_TABLE} (run text primary key, seq integer not null) with (fillfactor = 50)`,
  )
  await admin.query(
    `create table if not exists ${ATTEMPTS_TABLE} (
       run text, path text, attempt integer not null, last integer not null, primary key (run, path)
     ) with (fillfactor = 50)`,
  )
  await admin.end()
  const api = createPool({ url: urls.apiUrl, applicationName: 'bench api' })
  const store = createRunStore({ pool: api })
  return { urls, api, startRun }

  async function startRun(): Promise<RunRef> {
    const plan = { hash: 'bench', plan: { plan: 1, name: 'bench' } as Plan } // Nobody executes it.
    const workflow = { name: 'bench' }
    const id = newRunId()
    const made = await store.insert('default', {
      id,
      clientGivenId: false,
      plan,
      input: null,
      workflow,
      requestFingerprint: id,
    })
    if (made.outcome !== 'created') throw new Error(`A run of the benchmark was not created: ${made.outcome}`)
    return made.run.ref
  }
}

/** Our API, on that database, with an empty folder of blobs. */
export async function startLogApi(servers: Servers, databaseUrl: string) {
  const { supervisor, temporalAddress, temporalNamespace } = servers
  const blobFolder = join(servers.folder, 'log-blobs')
  await mkdir(blobFolder, { recursive: true })
  const blobs = pathToFileURL(blobFolder).href
  const env = { ...process.env, NODE_ENV: 'production' }
  const api = await startApi(supervisor, { databaseUrl, temporalAddress, temporalNamespace, blobs, env, port: 0 })
  return { ...api, blobs }
}
