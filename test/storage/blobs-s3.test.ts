import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import type { Keyring } from '@treadle/contract/encryption'
import { type BlobStore, openBlobs } from '@treadle/storage'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { S3Server } from '../support/s3.ts'
import { useS3 } from '../support/use-s3.ts'
import { type BlobSubject, blobSuite } from './support/blob-suite.ts'
import { KEYRING, sealedBlobSuite } from './support/sealed-blob-suite.ts'

const server = useS3()

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
    const { endpoint, region, bucket, blobsAt } = server()
    const credentials = credentialsOf(server())
    const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true })
    const url = blobsAt().replace('s3://treadle', `s3://treadle/some/${prefix}`)
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
  const url = server().blobsAt().replace('s3://treadle', 's3://elsewhere')
  const blobs = openBlobs({ url, credentials: credentialsOf(server()) })
  await expect(blobs.check()).rejects.toThrow()
  await expect(blobs.put('default', Buffer.from('x'))).rejects.toThrow()
  await blobs.close()
})
