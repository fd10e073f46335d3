import { createHash, randomBytes } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Keyring } from '@treadle/contract/encryption'
import { BlobError, type BlobStore } from '@treadle/storage'
import { expect, test } from 'vitest'

export type BlobSubject = {
  blobs: BlobStore
  /** Changes stored bytes behind the store's back. */
  tamper(tenant: string, sha256: string, content: Uint8Array): Promise<void>
  /** The stored bytes as they lie there. */
  stored(tenant: string, sha256: string): Promise<Buffer>
  /** The same place, for somebody with these keys. */
  withKeys(keyring: Keyring | undefined): BlobStore
}

const tenant = 'default'
const QUARTER = 12 * 1024 * 1024
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** What every blob store must do. */
export function blobSuite(subject: () => BlobSubject): void {
  const blobs = () => subject().blobs

  test('what was put is got again, under the SHA-256 of its bytes', async () => {
    const bytes = randomBytes(1_000)
    const blob = await blobs().put(tenant, bytes)
    expect(blob).toEqual({ sha256: sha256(bytes), size: 1_000 })
    expect(await collect(blobs(), blob.sha256)).toEqual(bytes)
    expect(await blobs().size(tenant, blob.sha256)).toBe(1_000)
    expect(await blobs().has(tenant, blob.sha256)).toBe(true)
  })

  test('nothing at all is a blob too', async () => {
    const blob = await blobs().put(tenant, new Uint8Array())
    expect(await collect(blobs(), blob.sha256)).toEqual(Buffer.alloc(0))
  })

  test('the same bytes are put again without harm, also at the same time', async () => {
    const bytes = randomBytes(100_000)
    const stored = await Promise.all(Array.from({ length: 8 }, () => blobs().put(tenant, bytes)))
    expect(new Set(stored.map((blob) => blob.sha256)).size).toBe(1)
    expect(await collect(blobs(), sha256(bytes))).toEqual(bytes)
  })

  test('a stream of 48 MB goes in and out in pieces, and memory does not grow with it', async () => {
    const hash = createHash('sha256')
    const memory = watchBuffers()
    async function* pieces() {
      for (let index = 0; index < 768; index++) {
        const piece = randomBytes(64 * 1024)
        hash.update(piece)
        yield piece
        if (index % 192 === 0) memory.sample()
      }
    }
    const blob = await blobs().put(tenant, pieces())
    expect(blob).toEqual({ sha256: hash.digest('hex'), size: 48 * 1024 * 1024 })
    const read = createHash('sha256')
    let bytes = 0
    for await (const piece of (await blobs().get(tenant, blob.sha256)) as AsyncIterable<Buffer>) {
      read.update(piece)
      const quarter = Math.floor(bytes / QUARTER)
      bytes += piece.length
      if (Math.floor(bytes / QUARTER) > quarter) memory.sample()
    }
    expect(read.digest('hex')).toBe(blob.sha256)
    expect(memory.most()).toBeLessThan(32 * 1024 * 1024)
  })

  test('a stream that fails leaves nothing under any name', async () => {
    async function* failing() {
      yield randomBytes(2 * 1024 * 1024)
      throw new Error('cut off')
    }
    let named = false
    const put = blobs().put(tenant, failing(), {
      named: async () => {
        named = true
      },
    })
    await expect(put).rejects.toThrow('cut off')
    expect(named).toBe(false)
  })

  test('the name is told before the bytes are stored, and a refusal there stores nothing', async () => {
    const bytes = randomBytes(10)
    const seen: boolean[] = []
    const named = async (blob: { sha256: string }) => void seen.push(await blobs().has(tenant, blob.sha256))
    await blobs().put(tenant, bytes, { named })
    expect(seen).toEqual([false])
    const refused = randomBytes(10)
    const put = blobs().put(tenant, refused, { named: () => Promise.reject(new Error('no')) })
    await expect(put).rejects.toThrow('no')
    expect(await blobs().has(tenant, sha256(refused))).toBe(false)
  })

  test('a part is read by its first and last byte', async () => {
    const bytes = Buffer.from('0123456789')
    const blob = await blobs().put(tenant, bytes)
    expect((await collect(blobs(), blob.sha256, { start: 2, end: 4 })).toString()).toBe('234')
    expect((await collect(blobs(), blob.sha256, { start: 7 })).toString()).toBe('789')
    expect((await collect(blobs(), blob.sha256, { start: 8, end: 100 })).toString()).toBe('89')
    await expect(blobs().get(tenant, blob.sha256, { range: { start: 10 } })).rejects.toMatchObject({
      code: 'invalid-range',
    })
  })

  test('a blob that was tampered with fails in place of its end', async () => {
    const blob = await blobs().put(tenant, Buffer.from('the truth'))
    await subject().tamper(tenant, blob.sha256, Buffer.from('the trick'))
    const error = await collect(blobs(), blob.sha256).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(BlobError)
    expect(error).toMatchObject({ code: 'corrupt' })
  })

  test('a reader that stops early leaves nothing open', async () => {
    const blob = await blobs().put(tenant, randomBytes(4 * 1024 * 1024))
    const stream = await blobs().get(tenant, blob.sha256)
    for await (const _ of stream) break
    expect(stream.destroyed).toBe(true)
    expect(await blobs().has(tenant, blob.sha256)).toBe(true)
  })

  test('tenants do not see each other’s blobs', async () => {
    const { sha256 } = await blobs().put(tenant, Buffer.from('mine'))
    expect(await blobs().has('other', sha256)).toBe(false)
    await expect(blobs().get('other', sha256)).rejects.toMatchObject({ code: 'missing' })
    await blobs().delete('other', sha256)
    expect(await blobs().has(tenant, sha256)).toBe(true)
  })

  test('a deleted blob is missing, and deleting it again changes nothing', async () => {
    const { sha256 } = await blobs().put(tenant, Buffer.from('short-lived'))
    await blobs().delete(tenant, sha256)
    await blobs().delete(tenant, sha256)
    expect(await blobs().size(tenant, sha256)).toBeUndefined()
    await expect(blobs().get(tenant, sha256)).rejects.toMatchObject({ code: 'missing' })
    await expect(blobs().get(tenant, sha256, { range: { start: 0 } })).rejects.toMatchObject({ code: 'missing' })
  })

  test('the store says whether it can be used', async () => {
    await expect(blobs().check()).resolves.toBeUndefined()
  })
}

/** Measures the most bytes in buffers that something still refers to, at the moments of `sample`. */
function watchBuffers(): { sample(): void; most(): number } {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  /** V8 frees buffers beside the program: the second collection waits for what the first one found. */
  const collectGarbage = () => {
    collect()
    collect()
  }
  collectGarbage()
  const before = process.memoryUsage().arrayBuffers
  let most = 0
  return {
    sample() {
      collectGarbage()
      most = Math.max(most, process.memoryUsage().arrayBuffers - before)
    },
    most: () => most,
  }
}

export async function collect(
  blobs: BlobStore,
  sha256: string,
  range?: { start: number; end?: number },
): Promise<Buffer> {
  const stream = await blobs.get(tenant, sha256, range ? { range } : {})
  return Buffer.concat(await stream.toArray())
}
