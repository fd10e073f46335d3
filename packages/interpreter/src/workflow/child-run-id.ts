import { type RunId, runIdOf } from '@treadle/contract'

const OFFSET = 0x6c62272e07bb014262b821756295c58dn
const PRIME = 0x1000000000000000000013bn
const MASK = (1n << 128n) - 1n

/**
 * The run id of the child that the node at `path` starts: the same whenever it is asked for. A workflow task that was lost has perhaps stored
 * the child already, and the one that is executed in its place, at another time, has to find it. `startedAtMs` is the run's, Unix time.
 */
export function childRunIdOf(runId: RunId, path: string, startedAtMs: number): RunId {
  let hash = OFFSET // FNV-1a: the sandbox has no cryptography, and two paths of one run are all that has to differ.
  for (const byte of `${runId}/${path}`) hash = ((hash ^ BigInt(byte.charCodeAt(0))) * PRIME) & MASK
  return runIdOf(
    startedAtMs,
    Uint8Array.from({ length: 16 }, (_, index) => Number((hash >> BigInt(8 * index)) & 255n)),
  )
}
