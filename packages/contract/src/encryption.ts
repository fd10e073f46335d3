import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'

/** Keys by id. The first one encrypts; all of them decrypt, so a new one is put before the others and an old one taken out last. */
export type Keyring = { readonly current: string; readonly keys: ReadonlyMap<string, Uint8Array> }

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const ALGORITHM = 'aes-256-gcm'

/**
 * Reads `id=base64,id2=base64…`: keys of 32 bytes, the one that encrypts first.
 * @throws Error that ends the sentence “TREADLE_ENCRYPTION_KEYS …”; it shows no key
 */
export function parseKeyring(text: string): Keyring {
  const keys = new Map<string, Uint8Array>()
  for (const entry of text.split(',').map((part) => part.trim())) {
    const [, id, base64] = /^([A-Za-z0-9._-]{1,64})=([A-Za-z0-9+/_-]+={0,2})$/.exec(entry) ?? []
    if (id === undefined || base64 === undefined) throw new Error('has an entry that is not id=base64')
    if (keys.has(id)) throw new Error(`has the id ${id} twice`)
    const key = Buffer.from(base64, 'base64')
    if (key.length !== KEY_BYTES) throw new Error(`has a key ${id} of ${key.length} bytes, and keys have ${KEY_BYTES}`)
    keys.set(id, key)
  }
  const [current] = keys.keys()
  if (current === undefined) throw new Error('has no key')
  return { current, keys }
}

/** What is encrypted with a key that is not on the ring, or was changed since. */
export class DecryptionError extends Error {
  override readonly name: string = 'DecryptionError'
}

/** What is encrypted and does not open says no more than this: nobody can tell the two apart. */
export const CHANGED = 'What is encrypted was changed, or has another key under this id.'

/** Its key is not on the ring of this process. */
export class MissingKeyError extends DecryptionError {
  override readonly name = 'MissingKeyError'
}

export type EncryptOptions = {
  /** What has to be the same when it is decrypted, and is not in the result. */
  aad?: Uint8Array
  /** 12 bytes that no other message has under this key. Default: random ones. */
  nonce?: Uint8Array
}

/** Nonce, ciphertext and tag, one after the other. */
export function encrypt(
  key: Uint8Array,
  bytes: Uint8Array,
  { aad, nonce = randomBytes(NONCE_BYTES) }: EncryptOptions = {},
): Buffer {
  const cipher = createCipheriv(ALGORITHM, key, nonce)
  if (aad) cipher.setAAD(aad)
  return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()])
}

/** @throws DecryptionError */
export function decrypt(key: Uint8Array, sealed: Uint8Array, aad?: Uint8Array): Buffer {
  const tagAt = sealed.length - TAG_BYTES
  if (tagAt < NONCE_BYTES) throw new DecryptionError('What is encrypted is cut off.')
  const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  if (aad) decipher.setAAD(aad)
  decipher.setAuthTag(sealed.subarray(tagAt))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, tagAt)), decipher.final()])
  } catch (error) {
    throw new DecryptionError(CHANGED, { cause: error })
  }
}

/**
 * The key of that id. @throws MissingKeyError where the ring, or the process, has none
 */
export function keyOf(keyring: Keyring | undefined, id: string): Uint8Array {
  const key = keyring?.keys.get(id)
  if (!key) throw new MissingKeyError(`There is no key ${id} to decrypt with.`)
  return key
}

/** A key for one purpose and place: HMAC-SHA256 of a name, in which `label` is the purpose. No part may hold a NUL. */
export const deriveKey = (key: Uint8Array, label: string, ...parts: readonly string[]): Buffer =>
  createHmac('sha256', key)
    .update([label, ...parts].join('\0'))
    .digest()

/** The parts of Temporal's Payload that are looked at. */
export type PayloadLike = { metadata?: { [key: string]: Uint8Array } | null; data?: Uint8Array | null }

/** Temporal's Payload as its protobuf message. */
export type PayloadProto = { encode(payload: PayloadLike): Uint8Array; decode(bytes: Uint8Array): PayloadLike }

const ENCODING = 'binary/encrypted'
const text = (bytes: Uint8Array | undefined) => (bytes === undefined ? '' : Buffer.from(bytes).toString())

/**
 * Encrypts whole payloads, as the samples of Temporal's SDKs do: metadata `encoding: binary/encrypted` and `encryption-key-id`; data: nonce (12
 * bytes), ciphertext and tag (16 bytes) of the serialised payload. What is not encrypted is passed on: it was written before there was a key.
 */
export function createPayloadCodec<P extends PayloadLike>(keyring: Keyring, proto: PayloadProto) {
  const { current } = keyring
  return {
    async encode(payloads: P[]): Promise<P[]> {
      const key = keyOf(keyring, current)
      const metadata = { encoding: Buffer.from(ENCODING), 'encryption-key-id': Buffer.from(current) }
      return payloads.map((payload) => ({ metadata, data: encrypt(key, proto.encode(payload)) }) as unknown as P)
    },
    /** @throws DecryptionError */
    async decode(payloads: P[]): Promise<P[]> {
      return payloads.map((payload) => {
        if (text(payload.metadata?.encoding) !== ENCODING) return payload
        const id = text(payload.metadata?.['encryption-key-id'])
        return proto.decode(decrypt(keyOf(keyring, id), payload.data ?? new Uint8Array())) as P
      })
    },
  }
}
