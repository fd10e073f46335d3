import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { cacheFolder, createReport, preparePython } from '@treadle/local'
import { expect, test } from 'vitest'
import { useS3 } from '../support/use-s3.ts'

/** The suites of the stores of the other workers, against a real S3 server. */

const root = fileURLToPath(new URL('../../', import.meta.url))
const execute = promisify(execFile)
const server = useS3()

const environment = () => ({
  ...process.env,
  ...server().env,
  TREADLE_TEST_S3: server().blobsAt().replace('s3://treadle', 's3://treadle/some/prefix'),
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
