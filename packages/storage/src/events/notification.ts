import { SealedError } from '../sealing/sealed-error.ts'
import type { Sealer } from '../sealing/sealer.ts'
import { openEvent, readLine } from './serialised-event.ts'
import type { SerialisedEvent } from './types.ts'

/** What a notification says of one run; see `treadle.tell`. */
export type Telling = { key: string; event: SerialisedEvent } | { key: string; hint: number }

/** Names a run among those of all tenants. */
export const runKey = (tenant: string, runId: string): string => `${tenant} ${runId}`

/**
 * The tellings of a notification that `wants` cares for, in order. Runs that nobody follows cost a look at their key. Of an event
 * that cannot be opened they only say that it is there: whoever reads it hears why.
 */
export function readNotification(payload: string, sealer: Sealer, wants: (key: string) => boolean): Telling[] {
  const tellings: Telling[] = []
  for (const line of payload.split('\n')) {
    const space = line.indexOf(' ')
    const tenant = line.slice(0, space)
    if (line[space + 1] === '{') {
      const told = readLine(line.slice(space + 1))
      const key = runKey(tenant, told.runId)
      if (wants(key)) tellings.push({ key, ...openedOr(() => openEvent(sealer, tenant, told), told.event.seq) })
    } else {
      const key = line.slice(0, line.lastIndexOf(' '))
      if (wants(key)) tellings.push({ key, hint: Number(line.slice(key.length + 1)) })
    }
  }
  return tellings
}

function openedOr(open: () => SerialisedEvent, hint: number): { event: SerialisedEvent } | { hint: number } {
  try {
    return { event: open() }
  } catch (error) {
    if (error instanceof SealedError) return { hint }
    throw error
  }
}
