import { Readable } from 'node:stream'
import type { Blob, Sha256, TenantId } from '@treadle/contract'
import { DecryptionError, type Keyring } from '@treadle/contract/encryption'
import { createBlobCipher, HEADER_BYTES, openChunks, type StoredForm, sealedRange, storedForm } from './blob-cipher.ts'
import { BlobError } from './blob-error.ts'
import { nameBytes } from './named-bytes.ts'
import { persistently } from './persistently.ts'
import type { RawBlobs } from './raw-blobs.ts'
import type { BlobStore, ByteRange } from './types.ts'
import { verified } from './verify.ts'

/** Blobs in `raw`, encrypted where there are keys. What was stored before there were any is read as it is. */
export function createBlobStore(raw: RawBlobs, keyring: Keyring | undefined): BlobStore {
  return {
    async put(tenant, content, { named, retry } = {}) {
      const bytes = await nameBytes(content, raw.incoming, createBlobCipher(keyring, tenant))
      try {
        const blob = { sha256: bytes.sha256, size: bytes.size }
        await named?.(blob)
        await persistently(async () => {
          if (!raw.isFar || !(await isThere(tenant, blob))) await raw.place(tenant, bytes)
        }, retry)
        return blob
      } finally {
        await bytes.discard()
      }
    },
    get: (tenant, sha256, { range } = {}) => (range ? getPart(tenant, sha256, range) : getWhole(tenant, sha256)),
    size,
    has: async (tenant, sha256) => (await size(tenant, sha256)) !== undefined,
    delete: raw.delete,
    check: raw.check,
    close: raw.close,
  }

  async function size(tenant: TenantId, sha256: Sha256): Promise<number | undefined> {
    return (await formOf(tenant, sha256))?.size
  }

  /** Of the same size, and encrypted with the key that would be taken now: a key that was exchanged is to fall out of use. */
  async function isThere(tenant: TenantId, { sha256, size }: Blob): Promise<boolean> {
    const form = await formOf(tenant, sha256)
    return form?.size === size && form.sealed?.keyId === keyring?.current
  }

  async function formOf(tenant: TenantId, sha256: Sha256): Promise<StoredForm | undefined> {
    const found = await raw.read(tenant, sha256, { start: 0, end: HEADER_BYTES - 1 })
    return found && storedForm(Buffer.concat(await found.body.toArray()), found.size)
  }

  async function getWhole(tenant: TenantId, sha256: Sha256): Promise<Readable> {
    const found = await raw.read(tenant, sha256)
    if (!found) throw missing(sha256)
    const source = found.body[Symbol.asyncIterator]() as AsyncIterator<Buffer>
    const start = await take(source, HEADER_BYTES).catch((error: unknown) => {
      found.body.destroy()
      throw error
    })
    const form = storedForm(start, found.size)
    const stored = form.sealed ? chain(start.subarray(HEADER_BYTES), source) : chain(start, source)
    if (!form.sealed) return verified(Readable.from(stored, { objectMode: false }), sha256)
    const opened = guarded(sha256, openChunks(keyring, { tenant, sha256, form }, stored))
    // The first piece before anything is given: a key that is missing is said while there still is a place to say it.
    const first = await opened.next().catch((error: unknown) => {
      found.body.destroy()
      throw error
    })
    const content = chain(first.done ? Buffer.alloc(0) : first.value, opened)
    return verified(Readable.from(content, { objectMode: false }), sha256)
  }

  async function getPart(tenant: TenantId, sha256: Sha256, range: ByteRange): Promise<Readable> {
    const form = await formOf(tenant, sha256)
    if (!form) throw missing(sha256)
    if (range.start >= form.size) throw new BlobError('invalid-range', `The blob ${sha256} has ${form.size} bytes.`)
    const { start } = range
    const end = Math.min(range.end ?? form.size - 1, form.size - 1)
    const found = await raw.read(tenant, sha256, form.sealed ? sealedRange({ start, end }) : { start, end })
    if (!found) throw missing(sha256)
    if (!form.sealed) return found.body
    const opened = guarded(sha256, openChunks(keyring, { tenant, sha256, form, from: start }, found.body))
    // The first piece before anything is given: the same content may have been stored anew, with another salt, since its header was read.
    const first = await opened.next().catch(async (error: unknown) => {
      found.body.destroy()
      const now = await formOf(tenant, sha256)
      if (now?.sealed?.salt.equals(form.sealed?.salt ?? Buffer.alloc(0))) throw error
      return undefined
    })
    if (!first) return getPart(tenant, sha256, range)
    const content = chain(first.done ? Buffer.alloc(0) : first.value, opened)
    return Readable.from(atMost(content, end - start + 1), { objectMode: false })
  }
}

const missing = (sha256: Sha256) => new BlobError('missing', `There is no blob ${sha256}.`)

/** The first bytes of a source, as many as `bytes` or more; fewer where it ends. */
async function take(source: AsyncIterator<Buffer>, bytes: number): Promise<Buffer> {
  const parts: Buffer[] = []
  for (let taken = 0; taken < bytes; ) {
    const next = await source.next()
    if (next.done) break
    parts.push(next.value)
    taken += next.value.length
  }
  return Buffer.concat(parts)
}

async function* chain(start: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer, void, void> {
  try {
    if (start.length > 0) yield start
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.() // Whoever stops early leaves nothing open.
  }
}

async function* guarded(sha256: Sha256, content: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
  try {
    yield* content
  } catch (error) {
    if (!(error instanceof DecryptionError)) throw error
    throw new BlobError('corrupt', `The blob ${sha256} cannot be decrypted: ${error.message}`, { cause: error })
  }
}

async function* atMost(content: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer, void, void> {
  let left = bytes
  for await (const piece of content) {
    yield piece.subarray(0, left)
    left -= Math.min(left, piece.length)
    if (left === 0) return
  }
}
