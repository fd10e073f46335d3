import type { Json, RunRef } from '@treadle/contract'
import { takeOver } from './activities.ts'

/** The outputs that a fork takes as given, by path. After a continue-as-new they are read again: they never change. */
export async function readTakenOver(run: RunRef): Promise<Map<string, Json>> {
  const all = new Map<string, Json>()
  for (let after: string | undefined, more = true; more; ) {
    const { outputs, next } = await takeOver({ run, ...(after === undefined ? {} : { after }) })
    for (const [path, output] of Object.entries(outputs)) all.set(path, output as Json)
    after = next
    more = next !== undefined
  }
  return all
}
