import { access, constants, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { cacheFolder, createReport, freePort, goInstall, messageOf, type Supervisor } from '@treadle/local'
import { createService, type Service } from './service.ts'

const VERSITYGW = 'github.com/versity/versitygw/cmd/versitygw@v1.8.0'

export type S3Server = {
  endpoint: string
  region: string
  bucket: string
  /** For `TREADLE_BLOBS`: by its own endpoint, or by another that leads to it. */
  blobsAt(endpoint?: string): string
  /** The server as a process. */
  service: Service
  /** The credentials, as the AWS SDK reads them. */
  env: { AWS_ACCESS_KEY_ID: string; AWS_SECRET_ACCESS_KEY: string }
}

/**
 * The executable of a real S3 server: versitygw from the cache, or built there by Go, which takes about three minutes
 * once. @throws Error with the way out when there is neither.
 */
async function buildOrFindS3(env = process.env): Promise<string> {
  const executable = join(cacheFolder(env), 'versitygw')
  try {
    await access(executable, constants.X_OK)
    return executable
  } catch {
    const report = createReport()
    report.say('Building an S3 server, versitygw, from its sources with Go (about three minutes on two cores, once)')
    return goInstall(VERSITYGW, executable, { env, report }).catch((error: unknown) => {
      throw new Error(
        `The tests of the S3 store need versitygw, which could not be built: ${messageOf(error)}. Install Go ` +
          `(https://go.dev/dl), or put an executable of versitygw at ${executable}.`,
      )
    })
  }
}

/** Starts the server on a free port, with its files below `folder`, and makes one bucket. */
export async function startS3(supervisor: Supervisor, folder: string): Promise<S3Server> {
  const command = await buildOrFindS3()
  // Not `s3` and `s3-metadata`: it compares prefixes, and would take the second to lie inside of the first.
  const [objects, sidecar] = [join(folder, 's3-objects'), join(folder, 's3-metadata')]
  for (const path of [objects, sidecar]) await mkdir(path, { recursive: true })

  const [port, region, bucket] = [await freePort(), 'us-east-1', 'treadle']
  const env = { AWS_ACCESS_KEY_ID: 'treadle-test', AWS_SECRET_ACCESS_KEY: 'treadle-test-secret' }
  const endpoint = `http://127.0.0.1:${port}`
  const start = () =>
    supervisor.start({
      name: 'S3',
      command,
      // A folder beside the objects for their metadata: not every file system of a temporary folder has attributes.
      args: ['--quiet', '--port', `127.0.0.1:${port}`, '--region', region, 'posix', '--sidecar', sidecar, objects],
      env: { ROOT_ACCESS_KEY: env.AWS_ACCESS_KEY_ID, ROOT_SECRET_KEY: env.AWS_SECRET_ACCESS_KEY },
    })
  const service = await createService('S3', start)
  await createBucketOnceServing({ endpoint, region, bucket, env })
  const blobsAt = (at = endpoint) => `s3://${bucket}?${new URLSearchParams({ endpoint: at, region })}`
  return { endpoint, region, bucket, blobsAt, env, service }
}

const SERVING_TIMEOUT_MS = 20_000

async function createBucketOnceServing({
  endpoint,
  region,
  bucket,
  env,
}: Omit<S3Server, 'blobsAt' | 'service'>): Promise<void> {
  const credentials = { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY }
  const client = new S3Client({ endpoint, region, forcePathStyle: true, credentials, maxAttempts: 1 })
  const deadline = performance.now() + SERVING_TIMEOUT_MS
  try {
    for (;;) {
      try {
        await client.send(new CreateBucketCommand({ Bucket: bucket }))
        return
      } catch (error) {
        if (performance.now() > deadline) throw error
      }
      await delay(50)
    }
  } finally {
    client.destroy()
  }
}
