import type { Json } from '@treadle/contract'
import type { Place, Sealer, SealOptions } from './sealer.ts'

/**
 * Members of an event's data that say what happened, and not what with: Postgres and operators read them. All others are sealed, those too
 * that come in later versions.
 */
const READABLE = new Set([
  ...['kind', 'runtime', 'childRunId', 'signal', 'until', 'usage', 'costUsd', 'ref', 'cached', 'checkpoint'],
  ...['offset', 'delayMs', 'caught', 'name', 'id', 'kept', 'forced', 'level', 'waiting'],
  ...['workflow', 'version', 'parent', 'forkedFrom'],
])

/** The data of an event as the log keeps it: JSON text. An author's own event is sealed whole, since its members are the author's. */
export function sealData(sealer: Sealer, place: Place, type: string, data: object, options?: SealOptions): string {
  if (!sealer.keyring) return JSON.stringify(data)
  if (type.startsWith('custom.')) return JSON.stringify(sealer.seal(place, data as Json, options))
  return JSON.stringify(
    Object.fromEntries(
      Object.entries(data).map(([name, value]) => [
        name,
        READABLE.has(name) || value === undefined ? value : sealer.seal(place, value as Json, options),
      ]),
    ),
  )
}
