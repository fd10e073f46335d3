import { join } from 'node:path'
import {
  cacheFolder,
  createReport,
  createSupervisor,
  databaseUrls,
  ensureDatabase,
  findTemporal,
  freePort,
  prepareDatabase,
  serverVersion,
  startPostgres,
  temporalWays,
} from '@treadle/local'
import type { TestProject } from 'vitest/node'
import { requireBuild } from './build.ts'
import type { Ledger } from './ledger.ts'
import { openRunFolder } from './run-folder.ts'

/** What a whole run of the stack's tests shares; each file has its own Temporal, services and database. */
export type Shared = {
  /** The executable of the Temporal server. */
  temporal: string
  /** A Postgres cluster with the database `treadle_template`, from which each stack clones its own. */
  postgres: { adminUrl: string; password: string; template: string }
  /** Where every process that is started is written down. */
  ledgerFile: string
  /** For files of stacks; removed at the end. */
  folder: string
}

declare module 'vitest' {
  interface ProvidedContext {
    shared: Shared
  }
}

/** Runs once, before the first file of the project `stack`. Resolves to what runs after the last. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  requireBuild()
  const report = createReport()
  const { folder, ledger, remove } = openRunFolder()
  const supervisor = createSupervisor({ onSpawn: ledger.add })
  try {
    const { env } = process
    const ways = temporalWays({ env, cacheFolder: cacheFolder(env), report })
    // Never the server of TEMPORAL_ADDRESS: tests kill their server, and start it with settings of their own.
    const found = await findTemporal({
      address: undefined,
      ways,
      checkVersion: (executable) => serverVersion(executable, env),
      report,
    })
    if (found.kind !== 'executable') throw new Error('Without an address only an executable is found.')

    const password = 'treadle'
    const template = 'treadle_template'
    const server = await startPostgres(supervisor, {
      dataFolder: join(folder, 'postgres'),
      port: await freePort(),
      password,
      settings: { max_connections: '300' },
    })
    await ensureDatabase(server.url('postgres'), template)
    await prepareDatabase(databaseUrls(server.url(template), password))
    const postgres = { adminUrl: server.url('postgres'), password, template }
    project.provide('shared', { temporal: found.executable, postgres, ledgerFile: ledger.file, folder })
  } catch (error) {
    await supervisor.stopAll()
    throw error
  }
  return async () => {
    await supervisor.stopAll()
    failIfAnyIsLeft(ledger)
    remove()
  }
}

function failIfAnyIsLeft(ledger: Ledger): void {
  const left = ledger.endAlive()
  if (left.length === 0) return
  process.exitCode = 1 // Vitest prints what is thrown after the last test, and exits with 0.
  throw new Error(`Tests left processes behind (ended now): ${left.join(', ')}`)
}
