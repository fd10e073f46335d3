import { createHash, randomBytes } from 'node:crypto'

/** Crockford's, which has no letters that look like others. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const ID_LENGTH = 8
/** 52 characters of 5 bits: nobody guesses 260 of them, so a plain hash is enough to keep. */
const SECRET_LENGTH = 52

const KEY = /^tk_([0-9a-z]{8})_[0-9a-z]{52}$/

/** A new key: `tk_`, eight characters by which people and logs name it, `_`, and its secret part. */
export function newApiKey(): { id: string; key: string; secretSha256: string } {
  const id = randomText(ID_LENGTH)
  const key = `tk_${id}_${randomText(SECRET_LENGTH)}`
  return { id, key, secretSha256: secretHash(key) }
}

export const looksLikeApiKey = (token: string): boolean => KEY.test(token)

/** A new ticket for a stream. */
export function newTicket(): { ticket: string; sha256: string } {
  const ticket = `tt_${randomText(SECRET_LENGTH)}`
  return { ticket, sha256: secretHash(ticket) }
}

/** What is stored in place of a key or a ticket. */
export const secretHash = (secret: string): string => createHash('sha256').update(secret).digest('hex')

const randomText = (length: number): string =>
  [...randomBytes(length)].map((byte) => ALPHABET.charAt(byte & 31)).join('')
