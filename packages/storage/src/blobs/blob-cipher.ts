import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Sha256, TenantId } from '@treadle/contract'
import {
  CHANGED,
  DecryptionError,
  decrypt,
  deriveKey,
  encrypt,
  type Keyring,
  keyOf,
} from '@treadle/contract/encryption'

/**
 * The form of a blob that is encrypted (docs/encryption.md): a header of 144 bytes, then chunks of 64 KiB, each sealed by itself, so that a
 * part is read without the whole and nothing has to stand in memory.
 */
const MAGIC = Buffer.from('TREADLE-BLOB-1\n')
const ID_BYTES_MAX = 64
const SALT_BYTES = 32
const TAG_BYTES = 16
const NONCE_BYTES = 12
export const HEADER_BYTES = MAGIC.length + 1 + ID_BYTES_MAX + SALT_BYTES + 32
const CHUNK_BYTES = 64 * 1024
const SEALED_BYTES = CHUNK_BYTES + TAG_BYTES

/** Encrypts a blob as it comes. */
export type BlobCipher = {
  /** What is known of the stored form so far. */
  push(piece: Uint8Array): Uint8Array[]
  /** The rest of it. */
  end(): Uint8Array[]
  /** What stands before all that. It names the content, and so is known last; its length is known first. */
  header(sha256: Sha256): Uint8Array
  readonly headerBytes: number
}

/** Without keys the stored form is the content. */
export function createBlobCipher(keyring: Keyring | undefined, tenant: TenantId): BlobCipher {
  if (!keyring) return { push: (piece) => [piece], end: () => [], header: () => new Uint8Array(), headerBytes: 0 }
  const salt = randomBytes(SALT_BYTES)
  const key = blobKey(keyring, keyring.current, tenant, salt)
  let pending: Buffer = Buffer.alloc(0)
  let index = 0
  const seal = (chunk: Uint8Array, isLast: boolean) =>
    encrypt(key, chunk, { nonce: nonceOf(index++, isLast) }).subarray(NONCE_BYTES)

  return {
    headerBytes: HEADER_BYTES,
    push(piece) {
      pending = pending.length === 0 ? Buffer.from(piece) : Buffer.concat([pending, piece])
      const sealed: Uint8Array[] = []
      // The last chunk is sealed as the last one, so a full one waits until there is more.
      for (; pending.length > CHUNK_BYTES; pending = pending.subarray(CHUNK_BYTES))
        sealed.push(seal(pending.subarray(0, CHUNK_BYTES), false))
      return sealed
    },
    end: () => [seal(pending, true)],
    header(sha256) {
      const id = Buffer.alloc(1 + ID_BYTES_MAX)
      id[0] = id.write(keyring.current, 1)
      return Buffer.concat([MAGIC, id, salt, nameTag(key, sha256)])
    },
  }
}

/** How a blob is stored. `size`: of its content. */
export type StoredForm = { size: number; sealed?: { keyId: string; salt: Buffer; tag: Buffer; chunks: number } }

/** Reads the form off the first bytes (`HEADER_BYTES`, or all there are) and the size of all of them. */
export function storedForm(start: Buffer, bytes: number): StoredForm {
  if (start.length < HEADER_BYTES || Buffer.compare(start.subarray(0, MAGIC.length), MAGIC) !== 0)
    return { size: bytes }
  const idAt = MAGIC.length + 1
  const saltAt = idAt + ID_BYTES_MAX
  const chunks = Math.max(1, Math.ceil((bytes - HEADER_BYTES) / SEALED_BYTES))
  return {
    size: Math.max(0, bytes - HEADER_BYTES - chunks * TAG_BYTES),
    sealed: {
      keyId: start.toString('utf8', idAt, idAt + (start[MAGIC.length] ?? 0)),
      salt: start.subarray(saltAt, saltAt + SALT_BYTES),
      tag: start.subarray(saltAt + SALT_BYTES, HEADER_BYTES),
      chunks,
    },
  }
}

/** Which stored bytes hold these bytes of the content. */
export function sealedRange({ start, end }: { start: number; end: number }): { start: number; end: number } {
  const at = (byte: number) => HEADER_BYTES + Math.floor(byte / CHUNK_BYTES) * SEALED_BYTES
  return { start: at(start), end: at(end) + SEALED_BYTES - 1 }
}

/**
 * The content that begins in the chunk of the byte `from`; the first piece begins with this very byte. `stored`: whole chunks, from that one
 * on. @throws DecryptionError where a chunk was changed, is not in its place or is missing at the end, or the blob is another one's
 */
export async function* openChunks(
  keyring: Keyring | undefined,
  { tenant, sha256, form, from = 0 }: { tenant: TenantId; sha256: Sha256; form: StoredForm; from?: number },
  stored: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer, void, void> {
  if (!form.sealed) throw new TypeError('What is not sealed has no chunks.')
  const { keyId, salt, tag, chunks } = form.sealed
  const key = blobKey(keyring, keyId, tenant, salt)
  if (!timingSafeEqual(nameTag(key, sha256), tag)) throw new DecryptionError(CHANGED)
  let index = Math.floor(from / CHUNK_BYTES)
  let skip = from % CHUNK_BYTES
  let pending: Buffer = Buffer.alloc(0)
  const open = (chunk: Buffer) => {
    const content = decrypt(key, Buffer.concat([nonceOf(index, index === chunks - 1), chunk])).subarray(skip)
    index += 1
    skip = 0
    return content
  }
  for await (const piece of stored) {
    pending = pending.length === 0 ? Buffer.from(piece) : Buffer.concat([pending, piece])
    for (; pending.length >= SEALED_BYTES; pending = pending.subarray(SEALED_BYTES))
      yield open(pending.subarray(0, SEALED_BYTES))
  }
  if (pending.length > 0) yield open(pending)
}

const blobKey = (keyring: Keyring | undefined, id: string, tenant: TenantId, salt: Buffer): Buffer =>
  deriveKey(keyOf(keyring, id), 'treadle blob', tenant, salt.toString('hex'))

const nameTag = (key: Uint8Array, sha256: Sha256): Buffer => createHmac('sha256', key).update(sha256).digest()

// No nonce comes twice under a key, since each stored blob has a key of its own.
function nonceOf(index: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES)
  nonce.writeUInt32BE(index, NONCE_BYTES - 5)
  nonce[NONCE_BYTES - 1] = isLast ? 1 : 0
  return nonce
}
