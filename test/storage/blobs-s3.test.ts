import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import type { Keyring } from '@treadle/contract/encryption'
import { createSupervisor, type Supervisor } from '@treadle/local'
import { type BlobStore, openBlobs } from '@treadle/storage'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { openLedger } from '../support/ledger.ts'
import { type S3Server, startS3 } from '../support/s3.ts'
import { type BlobSubject, blobSuite } from './support/blob-suite.ts'
import { KEYRING, sealedBlobSuite } from './support/sealed-blob-suite.ts'

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

const credentialsOf = ({ env }: S3Server) => ({
  accessKeyId: env.AWS_ACCESS_KEY_ID,
  secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
})

describe.each([
  ['as they are', 'plain', undefined],
  ['encrypted', 'sealed', KEYRING],
])('objects, %s', (_, prefix, keyring) => {
  const stores: BlobStore[] = []
  let subject: BlobSubject | undefined
  beforeAll(() => {
    if (!server) throw new Error('The server runs inside of tests.')
    const { endpoint, region, bucket } = server
    const credentials = credentialsOf(server)
    const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true })
    const url = server.blobsAt().replace('s3://treadle', `s3://treadle/some/${prefix}`)
    const open = (ring: Keyring | undefined) => {
      const store = openBlobs({ url, credentials, keyring: ring })
      stores.push(store)
      return store
    }
    const at = (tenant: string, sha256: string) => ({ Bucket: bucket, Key: `some/${prefix}/${tenant}/${sha256}` })
    subject = {
      blobs: open(keyring),
      withKeys: open,
      async tamper(tenant, sha256, content) {
        await client.send(new PutObjectCommand({ ...at(tenant, sha256), Body: content }))
      },
      async stored(tenant, sha256) {
        const { Body } = await client.send(new GetObjectCommand(at(tenant, sha256)))
        return Buffer.from((await Body?.transformToByteArray()) ?? [])
      },
    }
  })
  afterAll(async () => {
    await Promise.all(stores.map((store) => store.close()))
  })
  const given = () => {
    if (!subject) throw new Error('The store is there only inside of tests.')
    return subject
  }

  blobSuite(given)
  if (keyring) sealedBlobSuite(given)
})

test('a bucket that is not there is said by the check, and is no missing blob', async () => {
  if (!server) throw new Error('The server runs inside of tests.')
  const url = server.blobsAt().replace('s3://treadle', 's3://elsewhere')
  const blobs = openBlobs({ url, credentials: credentialsOf(server) })
  await expect(blobs.check()).rejects.toThrow()
  await expect(blobs.put('default', Buffer.from('x'))).rejects.toThrow()
  await blobs.close()
})
