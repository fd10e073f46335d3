import { randomBytes } from 'node:crypto'
import { parseKeyring } from '@treadle/contract/encryption'
import { expect, test } from 'vitest'
import { encryptionKey } from '../../support/encryption-key.ts'
import { type BlobSubject, collect } from './blob-suite.ts'

export const KEYRING = parseKeyring(encryptionKey('one', 1))

const tenant = 'default'
const MARK = 'what-nobody-may-see'
const HEADER_BYTES = 144
const CHUNK_BYTES = 64 * 1024
const SEALED_BYTES = CHUNK_BYTES + 16

/** What a store with keys must do beside what every store must. */
export function sealedBlobSuite(subject: () => BlobSubject): void {
  const blobs = () => subject().blobs

  async function* pieces(bytes: Buffer, size: number) {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }

  test.each([0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * 1024 * 1024 + 7])(
    '%i bytes show nothing where they are stored, and come back, as a whole and in parts',
    async (size) => {
      const bytes = Buffer.alloc(size, MARK)
      const blob = await blobs().put(tenant, pieces(bytes, 50_000))
      const stored = await subject().stored(tenant, blob.sha256)
      expect(stored.includes(MARK.slice(0, 8))).toBe(false)
      expect(await blobs().size(tenant, blob.sha256)).toBe(size)
      const isPart = async (start: number, end: number) =>
        (await collect(blobs(), blob.sha256, { start, end })).equals(bytes.subarray(start, end + 1))
      expect((await collect(blobs(), blob.sha256)).equals(bytes)).toBe(true)
      for (const start of [0, CHUNK_BYTES - 1, CHUNK_BYTES, 2 * CHUNK_BYTES + 5].filter((at) => at < size)) {
        for (const length of [1, 10, CHUNK_BYTES, 2 * CHUNK_BYTES + 1]) {
          expect([start, length, await isPart(start, start + length - 1)]).toEqual([start, length, true])
        }
        expect((await collect(blobs(), blob.sha256, { start })).equals(bytes.subarray(start))).toBe(true)
      }
    },
  )

  test('what was stored before there were keys, and with a key that was exchanged, is read', async () => {
    const exchanged = subject().withKeys(parseKeyring(`${encryptionKey('two', 2)},${encryptionKey('one', 1)}`))
    const [plain, old] = [Buffer.from(`plain ${MARK}`), Buffer.from(`old ${MARK}`)]
    const before = await subject().withKeys(undefined).put(tenant, plain)
    const after = await blobs().put(tenant, old)
    for (const [blob, bytes] of [
      [before, plain],
      [after, old],
    ] as const) {
      expect(await collect(exchanged, blob.sha256)).toEqual(bytes)
      expect(await collect(exchanged, blob.sha256, { start: 2, end: 5 })).toEqual(bytes.subarray(2, 6))
      expect(await exchanged.size(tenant, blob.sha256)).toBe(bytes.length)
      // Who stores it again encrypts it with the key of today.
      await exchanged.put(tenant, bytes)
      expect((await subject().stored(tenant, blob.sha256)).subarray(16, 19).toString()).toBe('two')
      expect(await collect(exchanged, blob.sha256)).toEqual(bytes)
    }
  })

  test('without its key a blob is refused before its first byte, as a whole and in part', async () => {
    const { sha256 } = await blobs().put(tenant, Buffer.from(MARK))
    for (const ring of [undefined, parseKeyring(encryptionKey('other', 1))]) {
      const other = subject().withKeys(ring)
      for (const range of [undefined, { start: 3 }])
        await expect(other.get(tenant, sha256, range ? { range } : {})).rejects.toMatchObject({
          code: 'corrupt',
          message: `The blob ${sha256} cannot be decrypted: There is no key one to decrypt with.`,
        })
    }
  })

  test.each<[string, (stored: Buffer) => Buffer]>([
    ['a byte was changed', (stored) => Buffer.concat([stored.subarray(0, -1), Buffer.of((stored.at(-1) ?? 0) ^ 1)])],
    ['the last chunk is missing', (stored) => stored.subarray(0, HEADER_BYTES + 2 * SEALED_BYTES)],
    [
      'two chunks have changed places',
      (stored) =>
        Buffer.concat([
          stored.subarray(0, HEADER_BYTES),
          stored.subarray(HEADER_BYTES + SEALED_BYTES, HEADER_BYTES + 2 * SEALED_BYTES),
          stored.subarray(HEADER_BYTES, HEADER_BYTES + SEALED_BYTES),
          stored.subarray(HEADER_BYTES + 2 * SEALED_BYTES),
        ]),
    ],
  ])('a blob of which %s is refused', async (_, change) => {
    const bytes = randomBytes(2 * CHUNK_BYTES + 100)
    const { sha256 } = await blobs().put(tenant, bytes)
    await subject().tamper(tenant, sha256, change(await subject().stored(tenant, sha256)))
    await expect(collect(blobs(), sha256)).rejects.toMatchObject({ code: 'corrupt' })
    await expect(collect(blobs(), sha256, { start: 10 })).rejects.toMatchObject({ code: 'corrupt' })
  })

  test('a blob that was put in the place of another one is refused, in part too', async () => {
    const [mine, other] = await Promise.all(['mine', 'other'].map((text) => blobs().put(tenant, Buffer.from(text))))
    const [mineName, otherName] = [mine?.sha256 ?? '', other?.sha256 ?? '']
    await subject().tamper(tenant, mineName, await subject().stored(tenant, otherName))
    await expect(collect(blobs(), mineName)).rejects.toMatchObject({ code: 'corrupt' })
    await expect(collect(blobs(), mineName, { start: 1, end: 2 })).rejects.toMatchObject({ code: 'corrupt' })
  })

  test('parts are read while the same content is stored anew', async () => {
    const bytes = Buffer.from(MARK)
    const { sha256 } = await blobs().put(tenant, bytes)
    const writing = (async () => {
      for (let round = 0; round < 40; round++) await blobs().put(tenant, bytes)
    })()
    for (let round = 0; round < 40; round++)
      expect(await collect(blobs(), sha256, { start: 1, end: 4 })).toEqual(bytes.subarray(1, 5))
    await writing
  })
}
