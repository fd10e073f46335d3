import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { cacheFolder, createReport, createSupervisor, preparePython, type Supervisor } from '@treadle/local'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { openLedger } from '../support/ledger.ts'
import { type S3Server, startS3 } from '../support/s3.ts'

/** The suites of the stores of the other workers, against a real S3 server. */

const root = fileURLToPath(new URL('../../', import.meta.url))
const execute = promisify(execFile)
let supervisor: Supervisor | undefined
let server: S3Server
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

const environment = () => ({
  ...process.env,
  ...server.env,
  TREADLE_TEST_S3: server.blobsAt().replace('s3://treadle', 's3://treadle/some/prefix'),
})

test('the store of the Go worker does with a bucket what it does with a folder', async () => {
  const args = ['test', '-count=1', '-v', '-run', 'TestOfAServer', './internal/blobs']
  const { stdout } = await execute('go', args, { cwd: join(root, 'apps/worker-go'), env: environment() })
  expect(stdout).toContain('--- PASS: TestOfAServer/a_bucket_is_a_store/encrypted/takes_a_stream_of_48_MB')
}, 600_000) // The first build compiles what the store is made of.

test('the store of the Python worker does with a bucket what it does with a folder', async () => {
  const python = await preparePython(
    { env: process.env, cacheFolder: cacheFolder(), report: createReport() },
    { dev: true },
  )
  const cwd = join(root, 'apps/worker-python')
  const args = ['-m', 'pytest', '-v', '-p', 'no:cacheprovider', 'tests/test_blobs.py', '-k', 'bucket']
  const env = { ...environment(), PYTHONPATH: python.source, PYTHONDONTWRITEBYTECODE: '1' }
  const { stdout } = await execute(python.python, args, { cwd, env })
  expect(stdout).toContain(
    'test_it_takes_a_stream_of_48_mb_in_pieces_and_memory_does_not_grow_with_it[bucket-encrypted] PASSED',
  )
  expect(stdout).toContain('test_a_bucket_that_is_not_there_is_said_and_is_no_missing_blob PASSED')
}, 300_000)
