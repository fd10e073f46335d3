import { fileURLToPath } from 'node:url'
import type { DataConverter, PayloadCodec } from '@temporalio/common'
import proto from '@temporalio/proto'
import { createPayloadCodec, type Keyring } from '@treadle/contract/encryption'

const { Payload } = proto.temporal.api.common.v1
const FAILURE_CONVERTER = fileURLToPath(new URL('./failure-converter.js', import.meta.url))

/** Encrypts all that workflows and activities hand to Temporal, messages of failures too. It works outside of the sandbox, so replays see what was encrypted. */
export function encryptingConverter(keyring: Keyring): DataConverter {
  const codec: PayloadCodec = createPayloadCodec(keyring, {
    encode: (payload) => Payload.encode(Payload.create(payload)).finish(),
    decode: (bytes) => Payload.decode(bytes),
  })
  return { payloadCodecs: [codec], failureConverterPath: FAILURE_CONVERTER }
}
