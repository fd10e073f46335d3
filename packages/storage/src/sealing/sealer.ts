import { createHmac } from 'node:crypto'
import { handlesIn, isHandle, type Json, type RunId, type TenantId, toHandle } from '@treadle/contract'
import {
  DecryptionError,
  decrypt,
  deriveKey,
  encrypt,
  type Keyring,
  keyOf,
  MissingKeyError,
} from '@treadle/contract/encryption'
import { SealedError } from './sealed-error.ts'

/**
 * Where a value stands, which its ciphertext is bound to: put anywhere else it does not open. Without `run` it is the tenant's (plans,
 * cached results, answers to keys); without `path` the run's own (input, output, reason).
 */
export type Place = { tenant: TenantId; run?: RunId; path?: string | undefined }

export type SealOptions = {
  /** The same value in the same place is sealed to the same text: for what Postgres compares. */
  repeatable?: boolean
}

/**
 * Encryption at rest of values: each is replaced by `{ "$blob": { "sealed": "<key id>.<base64>" } }`, which nobody outside can write, since
 * the key `$blob` is reserved. Handles stay readable, in a value (`refs`) or as the whole of it, so that Postgres can count references. The
 * format stands in docs/encryption.md. Without keys nothing is sealed, and what was sealed is an error.
 */
export type Sealer = {
  /** The value as it is written. */
  seal(place: Place, value: Json, options?: SealOptions): Json
  /** JSON text for JSON text, as `seal`; null for null. */
  sealText(place: Place, text: string): string
  /** The value again, whether it was sealed or not. @throws SealedError */
  open(place: Place, value: Json): Json
  /** A JSON text with all that is sealed in it replaced by the very text that it was made of. @throws SealedError */
  openText(place: Place, text: string): string
  /** Bytes of a tenant. What is not sealed comes back as it is from `openBytes`. */
  sealBytes(tenant: TenantId, bytes: Uint8Array): Uint8Array
  openBytes(tenant: TenantId, bytes: Uint8Array): Uint8Array
  readonly keyring: Keyring | undefined
}

const NONCE_BYTES = 12
/** Keys of runs that are at hand: making one costs two hashes. */
const KEYS_KEPT = 2_000
const SEALED = /\{"\$blob":\{"sealed":"([^"]*)"\}(?:,"refs":\[[^\]]*\])?\}/g
/** No pack of ours begins like that: deflated bytes do not. */
const BYTES_MAGIC = Buffer.from('TREADLE-SEALED\n')

export function createSealer(keyring: Keyring | undefined): Sealer {
  const kept = new Map<string, Uint8Array>()

  return {
    keyring,
    seal,
    sealText: (place, text) => (keyring ? JSON.stringify(seal(place, JSON.parse(text) as Json)) : text),
    open(place, value) {
      const sealed = sealedIn(value)
      return sealed === undefined ? value : (JSON.parse(opened(place, sealed)) as Json)
    },
    openText: (place, text) =>
      text.includes('{"$blob":{"sealed":"') ? text.replace(SEALED, (_, sealed: string) => opened(place, sealed)) : text,
    sealBytes(tenant, bytes) {
      if (!keyring) return bytes
      const id = keyring.current
      return Buffer.concat([BYTES_MAGIC, Buffer.from(`${id}\n`), encrypt(valueKey(id, { tenant }), bytes)])
    },
    openBytes(tenant, bytes) {
      if (Buffer.compare(bytes.subarray(0, BYTES_MAGIC.length), BYTES_MAGIC) !== 0) return bytes
      const end = bytes.indexOf(10, BYTES_MAGIC.length)
      const id = Buffer.from(bytes.subarray(BYTES_MAGIC.length, end)).toString()
      return guarded({ tenant }, () => decrypt(valueKey(id, { tenant }), bytes.subarray(end + 1)))
    },
  }

  function seal(place: Place, value: Json, { repeatable = false }: SealOptions = {}): Json {
    if (!keyring || isHandle(value)) return value
    const key = valueKey(keyring.current, place)
    const text = Buffer.from(JSON.stringify(value ?? null))
    const aad = Buffer.from(place.path ?? '')
    const nonce = repeatable && createHmac('sha256', key).update(aad).update('\0').update(text).digest()
    const bytes = encrypt(key, text, { aad, ...(nonce && { nonce: nonce.subarray(0, NONCE_BYTES) }) })
    const handles = handlesIn(value)
    return {
      $blob: { sealed: `${keyring.current}.${bytes.toString('base64')}` },
      ...(handles.length > 0 && { refs: handles.map(toHandle) }),
    } as Json
  }

  /** The text that was sealed. */
  function opened(place: Place, sealed: string): string {
    const dot = sealed.lastIndexOf('.')
    const bytes = Buffer.from(sealed.slice(dot + 1), 'base64')
    return guarded(place, () =>
      decrypt(valueKey(sealed.slice(0, dot), place), bytes, Buffer.from(place.path ?? '')).toString(),
    )
  }

  function valueKey(id: string, { tenant, run = '' }: Place): Uint8Array {
    const name = `${id} ${tenant} ${run}`
    const key = kept.get(name) ?? deriveKey(keyOf(keyring, id), 'treadle value', tenant, run)
    kept.delete(name)
    kept.set(name, key)
    if (kept.size > KEYS_KEPT) kept.delete(kept.keys().next().value ?? '')
    return key
  }
}

/** Nothing is sealed; what was is an error. */
export const NO_SEALER: Sealer = createSealer(undefined)

function sealedIn(value: Json): string | undefined {
  if (!isHandle(value)) return undefined
  const { sealed } = value.$blob as { sealed?: unknown }
  return typeof sealed === 'string' ? sealed : undefined
}

function guarded<Result>({ tenant, run, path }: Place, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof DecryptionError)) throw error
    const where = [path && `the node ${path}`, run ? `the run ${run}` : `the tenant ${tenant}`]
      .filter(Boolean)
      .join(' of ')
    const isKeyMissing = error instanceof MissingKeyError
    throw new SealedError(`What is stored of ${where} cannot be read: ${error.message}`, { isKeyMissing, cause: error })
  }
}
