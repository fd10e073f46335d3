import { INLINE_BYTES_MAX, type Json, type TakenOver, type TakeOverTask } from '@treadle/contract'
import type { TakenOverOutputs } from '@treadle/storage'
import type { Values } from '../values/values.ts'

/** In a history, of all that is taken over: as much as continue-as-new carries of outputs. Bytes of JSON. */
const INLINE_TOTAL_MAX = 256 * 1024
/** What a handle takes, roughly. */
const HANDLE_BYTES = 128
/** Above which an output becomes a handle where all together are too much; the last one holds whatever comes of it. */
const CUTS = [INLINE_BYTES_MAX, 8_192, 4_096, 2_048, 1_024, 512, 256] as const
/** Of the last cut a page has 200 KiB at most: far below what Temporal takes. */
const PAGE_OUTPUTS = 500
const STORED_AT_ONCE = 8

/**
 * The local activity `takeOver`: the outputs that a fork takes as given, page by page. What it gave stands in the history, so a replay needs
 * neither Postgres nor the blobs; repeated after a crash it gives the same.
 */
export function createTakeOver({ takenOver, values }: { takenOver: TakenOverOutputs; values: Values }) {
  return async ({ run, after }: TakeOverTask): Promise<TakenOver> => {
    const bytesMax = cutFor(await takenOver.sizes(run))
    const page = await takenOver.page(run, { ...(after !== undefined && { after }), limit: PAGE_OUTPUTS })
    const outputs: Record<string, Json> = {}
    for (let at = 0; at < page.outputs.length; at += STORED_AT_ONCE) {
      const some = page.outputs.slice(at, at + STORED_AT_ONCE)
      const kept = await Promise.all(some.map(({ output }) => values.keep(run, output, { bytesMax })))
      for (const [index, { path }] of some.entries()) outputs[path] = kept[index] ?? null
    }
    return { outputs, ...(page.next !== undefined && { next: page.next }) }
  }
}

/** The largest cut with which all together stay small enough. */
export function cutFor(sizes: readonly number[]): number {
  const totalWith = (cut: number) => sizes.reduce((sum, size) => sum + (size > cut ? HANDLE_BYTES : size), 0)
  return CUTS.find((cut) => totalWith(cut) <= INLINE_TOTAL_MAX) ?? 256
}
