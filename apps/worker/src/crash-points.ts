import type { Path, RunRef, Sha256 } from '@treadle/contract'
import { crashAt } from '@treadle/contract/crash'

/**
 * What a worker does in between which tests let it die: an attempt is claimed, its work is done, its end is stored; so is that of the run, by
 * its last segment; the row of a child is; a large value is referred to, and is stored.
 */
export type CrashPoint = 'attempt.claimed' | 'attempt.executed' | 'attempt.ended' | 'run.ended' | 'child.stored'
export type BlobCrashPoint = 'blob.referred' | 'blob.stored'

/** TREADLE_CRASH_AT names it as `attempt.claimed <run id> <path> <attempt>`. */
export const crashPoint = (point: CrashPoint, run: RunRef, path: Path, attempt = 1): void =>
  crashAt?.(`${point} ${run.id} ${path} ${attempt}`)

/** TREADLE_CRASH_AT names it as `blob.stored <run id> <sha256>`. */
export const blobCrashPoint = (point: BlobCrashPoint, run: RunRef, sha256: Sha256): void =>
  crashAt?.(`${point} ${run.id} ${sha256}`)
