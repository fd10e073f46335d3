import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { openBlobs } from '@treadle/storage'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type BlobSubject, blobSuite } from './support/blob-suite.ts'
import { KEYRING, sealedBlobSuite } from './support/sealed-blob-suite.ts'

describe.each([
  ['as they are', undefined],
  ['encrypted', KEYRING],
])('files, %s', (_, keyring) => {
  let folder = ''
  let subject: BlobSubject | undefined
  beforeAll(async () => {
    folder = await mkdtemp(join(inject('shared').folder, 'blobs-'))
    const url = pathToFileURL(folder).href
    const pathOf = (tenant: string, sha256: string) => join(folder, tenant, sha256.slice(0, 2), sha256)
    subject = {
      blobs: openBlobs({ url, keyring }),
      withKeys: (keyring) => openBlobs({ url, keyring }),
      tamper: (tenant, sha256, content) => writeFile(pathOf(tenant, sha256), content),
      stored: (tenant, sha256) => readFile(pathOf(tenant, sha256)),
    }
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))
  const given = () => {
    if (!subject) throw new Error('The store is there only inside of tests.')
    return subject
  }

  blobSuite(given)
  if (keyring) sealedBlobSuite(given)

  test('nothing is left of what did not become a blob', async () => {
    expect(await readdir(join(folder, '.incoming'))).toEqual([])
  })
})
