import type { RunId, TenantId } from './generated/types.ts'

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz'

/**
 * A new run id: `run_` + 26 characters of lower-case Crockford base32 that hold a UUIDv7 (RFC 9562), so that ids sort by time.
 * `timeMs` (Unix, milliseconds) is the id's time; it exists for tests. Needs Web Crypto: not for the workflow sandbox.
 */
export const newRunId = (timeMs = Date.now()): RunId => runIdOf(timeMs, crypto.getRandomValues(new Uint8Array(16)))

/** The run id of a time and of 16 random bytes, for where randomness has another source. */
export function runIdOf(timeMs: number, random: Uint8Array): RunId {
  const bytes = Uint8Array.from(random)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, Math.floor(timeMs / 2 ** 32))
  view.setUint32(2, timeMs % 2 ** 32)
  view.setUint8(6, 0x70 | (view.getUint8(6) & 0x0f))
  view.setUint8(8, 0x80 | (view.getUint8(8) & 0x3f))
  return `run_${base32(bytes)}`
}

/** 128 bits as 26 characters: two leading zero bits, then five at a time. */
function base32(bytes: Uint8Array): string {
  let value = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  let text = ''
  for (let index = 0; index < 26; index++) {
    text = CROCKFORD.charAt(Number(value & 31n)) + text
    value >>= 5n
  }
  return text
}

/** The Temporal workflow id of a run. */
export const workflowIdOf = (tenant: TenantId, runId: RunId): string => `${tenant}:${runId}`
