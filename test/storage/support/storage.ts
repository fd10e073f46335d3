import { newRunId, type Plan, type RunRef } from '@treadle/contract'
import type { DatabaseUrls } from '@treadle/local'
import {
  type Appender,
  createAppender,
  createEventLog,
  createPool,
  createRunStore,
  type EventLog,
  type NewRun,
  type RunStore,
} from '@treadle/storage'
import type { Pool } from 'pg'
import { afterAll, beforeAll, inject } from 'vitest'
import { cloneDatabase } from '../../support/database.ts'

/** A database of its own with what the API and a worker have of it. */
export type Storage = {
  urls: DatabaseUrls
  admin: Pool
  api: Pool
  worker: Pool
  runs: RunStore
  log: EventLog
  appender: Appender
  /** A stored run of the tenant `default`, or another one. */
  startRun(options?: Partial<NewRun> & { tenant?: string }): Promise<RunRef>
}

/** Storage for all tests of a file. Returns how to get at it from within a test. */
export function useStorage(): () => Storage {
  let storage: (Storage & { close(): Promise<void> }) | undefined
  beforeAll(async () => {
    storage = await openStorage()
  })
  afterAll(() => storage?.close())
  return () => {
    if (!storage) throw new Error('The storage is there only inside of tests.')
    return storage
  }
}

export async function openStorage(): Promise<Storage & { close(): Promise<void> }> {
  const urls = await cloneDatabase(inject('shared').postgres)
  const admin = createPool({ url: urls.adminUrl, applicationName: 'test', max: 2 })
  const api = createPool({ url: urls.apiUrl, applicationName: 'test api' })
  const worker = createPool({ url: urls.workerUrl, applicationName: 'test worker' })
  const runs = createRunStore({ pool: api })
  const log = createEventLog({ pool: api, listenUrl: urls.apiUrl })
  const appender = createAppender({ pool: worker })
  await log.start()
  return {
    urls,
    admin,
    api,
    worker,
    runs,
    log,
    appender,
    async startRun({ tenant = 'default', ...options } = {}) {
      const result = await runs.insert(tenant, newRun(options))
      if (result.outcome !== 'created') throw new Error(`The run was not created: ${result.outcome}`)
      return result.run.ref
    },
    async close() {
      await appender.close()
      await log.stop()
      await Promise.all([admin.end(), api.end(), worker.end()])
    },
  }
}

/** What `RunStore.insert` takes, with a plan that nobody executes. */
export const newRun = (options: Partial<NewRun> = {}): NewRun => ({
  id: newRunId(),
  clientGivenId: false,
  plan: { hash: 'plan-hash', plan: PLAN },
  input: { question: 'why?' },
  workflow: { name: 'test' },
  requestFingerprint: 'request',
  ...options,
})

export const PLAN: Plan = {
  plan: 1,
  name: 'test',
  expressions: [],
  schemas: [],
  models: {},
  tools: {},
  limits: {},
  bodies: [],
  nodes: [],
  segments: [],
  signals: [],
  longRunning: false,
} as unknown as Plan
