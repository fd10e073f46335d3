import { createDecipheriv } from 'node:crypto'
import { expect, test } from 'vitest'
import { createPayloadCodec, type PayloadLike, parseKeyring } from './encryption.ts'

const key = (byte: number) => Buffer.alloc(32, byte).toString('base64')
// Any serialisation will do here; the services use Temporal's own.
const proto = {
  encode: (payload: PayloadLike) =>
    Buffer.from(JSON.stringify({ data: Buffer.from(payload.data ?? []).toString('hex') })),
  decode: (bytes: Uint8Array) => ({ data: Buffer.from(JSON.parse(Buffer.from(bytes).toString()).data, 'hex') }),
}
const codec = (keys: string) => createPayloadCodec<PayloadLike>(parseKeyring(keys), proto)
const payload = { data: Buffer.from('a value') }

test('what is encrypted says with which key, and is nonce, ciphertext and tag of AES-256-GCM', async () => {
  const [sealed] = await codec(`b=${key(2)},a=${key(1)}`).encode([payload])
  expect(Buffer.from(sealed?.metadata?.encoding ?? []).toString()).toBe('binary/encrypted')
  expect(Buffer.from(sealed?.metadata?.['encryption-key-id'] ?? []).toString()).toBe('b')
  const data = Buffer.from(sealed?.data ?? [])
  const decipher = createDecipheriv('aes-256-gcm', Buffer.alloc(32, 2), data.subarray(0, 12))
  decipher.setAuthTag(data.subarray(-16))
  expect(Buffer.concat([decipher.update(data.subarray(12, -16)), decipher.final()])).toEqual(proto.encode(payload))
})

test('a new key is put first, and what the old one encrypted is read as long as it is there', async () => {
  const old = await codec(`a=${key(1)}`).encode([payload])
  expect(await codec(`b=${key(2)},a=${key(1)}`).decode(old)).toEqual([payload])
  await expect(codec(`b=${key(2)}`).decode(old)).rejects.toThrow('no key a')
  await expect(codec(`a=${key(3)}`).decode(old)).rejects.toThrow('changed')
})

test('what was changed, or cut off, is refused; what was never encrypted is passed on', async () => {
  const [sealed] = await codec(`a=${key(1)}`).encode([payload])
  const changed = Buffer.from(sealed?.data ?? [])
  changed[20] = (changed[20] ?? 0) ^ 1
  await expect(codec(`a=${key(1)}`).decode([{ ...sealed, data: changed }])).rejects.toThrow('changed')
  await expect(codec(`a=${key(1)}`).decode([{ ...sealed, data: Buffer.alloc(5) }])).rejects.toThrow('cut off')
  expect(await codec(`a=${key(1)}`).decode([payload])).toEqual([payload])
})

test('keys that cannot be used are told without being shown', () => {
  for (const [keys, why] of [
    ['', 'not id=base64'],
    ['a', 'not id=base64'],
    [`a=${Buffer.alloc(16).toString('base64')}`, '16 bytes'],
    [`a=${key(1)},a=${key(2)}`, 'twice'],
  ] as const)
    expect(() => parseKeyring(keys)).toThrow(why)
})
