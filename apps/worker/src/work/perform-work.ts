import type { Work } from '@treadle/contract'
import type { Perform, WorkContext, WorkResult, WorkTable } from './work.ts'

/** Executes the work by its kind. */
export function performWork<K extends Work['kind']>(
  table: WorkTable,
  work: Extract<Work, { kind: K }>,
  context: WorkContext,
): Promise<WorkResult> {
  const perform: Perform<K> = table[work.kind as K]
  return perform(work as Parameters<Perform<K>>[0], context)
}
