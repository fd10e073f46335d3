import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { openBlobs } from '@treadle/storage'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type BlobSubject, blobSuite } from './support/blob-suite.ts'

let folder = ''
let subject: BlobSubject | undefined

beforeAll(async () => {
  folder = await mkdtemp(join(inject('shared').folder, 'blobs-'))
  subject = {
    blobs: openBlobs({ url: pathToFileURL(folder).href }),
    tamper: (tenant, sha256, content) => writeFile(join(folder, tenant, sha256.slice(0, 2), sha256), content),
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

blobSuite(() => {
  if (!subject) throw new Error('The store is there only inside of tests.')
  return subject
})

test('nothing is left of what did not become a blob', async () => {
  expect(await readdir(join(folder, '.incoming'))).toEqual([])
})
