import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createSupervisor, type Supervisor } from '@treadle/local'
import { afterAll, beforeAll, inject } from 'vitest'
import { openLedger } from './ledger.ts'
import { type S3Server, startS3 } from './s3.ts'

/** An S3 server, and nothing else, for all tests of a file. Returns how to get at it from within a test. */
export function useS3(): () => S3Server {
  let supervisor: Supervisor | undefined
  let server: S3Server | undefined
  let folder = ''
  beforeAll(async () => {
    const shared = inject('shared')
    folder = await mkdtemp(join(shared.folder, 's3-'))
    supervisor = createSupervisor({ onSpawn: openLedger(shared.ledgerFile).add })
    server = await startS3(supervisor, folder)
  }, 600_000) // The server is built from its sources where it is not in the cache.
  afterAll(async () => {
    await supervisor?.stopAll()
    await rm(folder, { recursive: true, force: true })
  })
  return () => {
    if (!server) throw new Error('The server runs inside of tests.')
    return server
  }
}
