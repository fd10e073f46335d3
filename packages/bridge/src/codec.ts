import type { PayloadCodec } from '@temporalio/common'
import proto from '@temporalio/proto'
import { createPayloadCodec, type Keyring } from '@treadle/contract/encryption'

const { Payload } = proto.temporal.api.common.v1

/** What stands between a Temporal client and Temporal. */
export type Codec = PayloadCodec

/** Encrypts payloads with the first key of the ring, and decrypts with any. */
export const createCodec = (keyring: Keyring): Codec =>
  createPayloadCodec(keyring, {
    encode: (payload) => Payload.encode(Payload.create(payload)).finish(),
    decode: (bytes) => Payload.decode(bytes),
  })
