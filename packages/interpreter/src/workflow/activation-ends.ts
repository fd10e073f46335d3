import { condition } from '@temporalio/workflow'

/** Resolves when the activation has nothing more to do: what starts together has started. */
export function activationEnds(): Promise<void> {
  let looks = 0
  return condition(() => looks++ > 0)
}
