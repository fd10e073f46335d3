import { Readable } from 'node:stream'
import { MissingKeyError, parseKeyring } from '@treadle/contract/encryption'
import { expect, test } from 'vitest'
import { BlobError } from '../blobs/blob-error.ts'
import { toLine } from '../events/event-line.ts'
import { createSealer } from '../sealing/sealer.ts'
import { toBytes } from './pack-bytes.ts'
import { createPackOpener } from './stored-packs.ts'

const sealerOf = (id: string) => createSealer(parseKeyring(`${id}=${Buffer.alloc(32, 7).toString('base64')}`))
const place = { tenant: 'default', runId: 'run_1', first: 1, last: 1, packedAt: new Date(0), bytes: null, blob: null }
const time = '2026-11-27T00:00:00.000Z'
const created = { seq: 1, runId: 'run_1', time, type: 'run.created', node: undefined, attempt: undefined, data: '{}' }

test('whose pack has no key to open it is said, be it in its row or in the blobs', async () => {
  const bytes = Buffer.from(await toBytes(sealerOf('old'), 'default', [toLine(created)]))
  const why = { message: 'The events of the run run_1 cannot be read: There is no key old to decrypt with.' }
  const kept = createPackOpener({ blobs: undefined, sealer: sealerOf('new') })
  await expect(kept.open({ ...place, bytes })).rejects.toMatchObject({ ...why, isKeyMissing: true })

  const cause = new MissingKeyError('There is no key old to decrypt with.')
  const blobs = {
    get: async () => Readable.from(failing(new BlobError('corrupt', 'It cannot be decrypted.', { cause }))),
  }
  const archived = createPackOpener({ blobs, sealer: sealerOf('new') })
  await expect(archived.open({ ...place, blob: 'a' })).rejects.toMatchObject({ ...why, isKeyMissing: true })
})

async function* failing(error: Error): AsyncGenerator<Buffer> {
  yield Buffer.from('x')
  throw error
}
