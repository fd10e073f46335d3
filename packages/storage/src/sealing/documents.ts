import type { Json } from '@treadle/contract'
import type { Place, Sealer } from './sealer.ts'

/** A document as it was posted, in a column of text: sealed it is the JSON of that, which is no document. */
export const sealDocument = (sealer: Sealer, place: Place, document: string): string =>
  sealer.keyring ? JSON.stringify(sealer.seal(place, document)) : document

export const openDocument = (sealer: Sealer, place: Place, stored: string): string =>
  stored.startsWith('{"$blob":{"sealed":') ? (sealer.open(place, JSON.parse(stored) as Json) as string) : stored

/** A plan, with what Postgres reads of it beside what is sealed. It is the tenant's: runs share it. */
export const sealPlan = (sealer: Sealer, tenant: string, plan: { limits?: unknown }): string =>
  JSON.stringify(
    sealer.keyring
      ? {
          ...(sealer.seal({ tenant }, plan as Json) as object),
          ...(plan.limits !== undefined && { limits: plan.limits }),
        }
      : plan,
  )
