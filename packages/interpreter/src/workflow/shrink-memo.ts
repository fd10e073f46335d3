import { handlesIn, type Json } from '@treadle/contract'
import type { MemoEntry } from '../core/memo.ts'
import { CARRIED_OUTPUT_BYTES_MAX, CARRY_BYTES_MAX, SHRINK_BATCH_BYTES_MAX } from './bounds.ts'

/** Says whether the outputs of the memo are too much for continue-as-new to carry. */
export const isTooLarge = (memo: MemoEntry): boolean => bytesOf(outputsOf(memo)) > CARRY_BYTES_MAX

/**
 * Puts outputs of the memo aside as handles until what continue-as-new carries is small enough for Temporal, the largest first. `store` gives
 * a handle for each value.
 */
export async function shrinkMemo(memo: MemoEntry, store: (values: Json[]) => Promise<Json[]>): Promise<void> {
  const outputs = outputsOf(memo)
  let bytes = bytesOf(outputs)
  const large = outputs.filter(({ size }) => size > CARRIED_OUTPUT_BYTES_MAX).sort((a, b) => b.size - a.size)
  while (bytes > CARRY_BYTES_MAX && large.length > 0) {
    const batch = nextBatch(large)
    const handles = await store(batch.map(({ output }) => output))
    for (const [index, { entry, output, size }] of batch.entries()) {
      const handle = handles[index]
      if (handle !== undefined && entry.output === output) entry.output = handle
      bytes -= size
    }
  }
}

type Output = { entry: MemoEntry; output: Json; size: number }

/** Those that hold no handles, which are small already. In the order of the plan, so that a replay stores the same. */
function outputsOf(memo: MemoEntry): Output[] {
  const own = memo.output === undefined || handlesIn(memo.output).length > 0 ? [] : [toOutput(memo, memo.output)]
  return [...own, ...[...(memo.inner?.values() ?? [])].flatMap(outputsOf)]
}

const bytesOf = (outputs: Output[]) => outputs.reduce((sum, { size }) => sum + size, 0)

const toOutput = (entry: MemoEntry, output: Json): Output => ({ entry, output, size: JSON.stringify(output).length })

/** As many as one local activity takes well; at least one. */
function nextBatch(large: Output[]): Output[] {
  const batch: Output[] = []
  for (let bytes = 0; large.length > 0 && bytes < SHRINK_BATCH_BYTES_MAX; ) {
    const next = large.shift()
    if (!next) break
    batch.push(next)
    bytes += next.size
  }
  return batch
}
