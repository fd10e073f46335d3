import { CancellationScope } from '@temporalio/workflow'
import type { Cancellation } from '../core/cancellation.ts'

/** Runs one Temporal operation in a scope of its own, so that it is cancelled when ours is. */
export async function inScope<T>(cancellation: Cancellation, operation: () => Promise<T>): Promise<T> {
  const scope = new CancellationScope({ cancellable: true })
  const stopListening = cancellation.onCancel(() => scope.cancel())
  try {
    return await scope.run(operation)
  } finally {
    stopListening()
  }
}
