import { TreadleError } from '@treadle/contract'

/**
 * Temporal refuses a payload of 2 MiB; past 4 MiB the client would retry in silence for more than half a minute.
 * The rest up to 2 MiB is for what the server adds.
 */
const PAYLOAD_BYTES_MAX = 2 * 1024 * 1024 - 64 * 1024

/** @throws TreadleError `invalid_request` with both figures when `value` is larger, as JSON, than Temporal takes. */
export function requireFits(what: string, value: unknown): void {
  const bytes = Buffer.byteLength(JSON.stringify(value))
  if (bytes <= PAYLOAD_BYTES_MAX) return
  throw new TreadleError('invalid_request', `${what} has ${bytes} bytes; at most ${PAYLOAD_BYTES_MAX} can be sent.`, {
    details: { bytes, bytesMax: PAYLOAD_BYTES_MAX },
  })
}
