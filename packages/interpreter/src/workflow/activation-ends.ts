import { condition } from '@temporalio/workflow'

/**
 * Resolves once `holds`, as it is when an activation has nothing more to do. Temporal's own condition looks at once too, in the middle of an
 * activation, and what is half done there differs from a live execution to its replay: a replay hears of several results in one activation.
 */
export function holdsAtEnd(holds: () => boolean): Promise<void> {
  let looks = 0
  return condition(() => looks++ > 0 && holds())
}

/** Resolves when the activation has nothing more to do: what starts together has started. */
export const activationEnds = (): Promise<void> => holdsAtEnd(() => true)
