import type { ClaimResult, EndRef } from '@treadle/storage'
import type { AttemptOutcome } from './outcome.ts'

/**
 * Of a segment, whose attempts follow each other without waiting for the log: an attempt's end and the claims that it makes possible travel
 * in one statement. What was claimed is not executed before that statement is committed.
 */
export type Chain = {
  /** Ends on their way that the next claim builds on. */
  after(): EndRef[]
  /** Told what came of the claim. */
  claimed(claim: ClaimResult): void
  /** Told how the attempt comes out as soon as its end is on its way; attemptNode resolves once it is stored. */
  ending(outcome: AttemptOutcome, end: EndRef): void
}
