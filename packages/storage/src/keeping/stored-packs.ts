import type { RunId, TenantId } from '@treadle/contract'
import { DecryptionError, MissingKeyError } from '@treadle/contract/encryption'
import type { BlobStore } from '../blobs/types.ts'
import { openEvent, readLine } from '../events/serialised-event.ts'
import type { SerialisedEvent } from '../events/types.ts'
import { SealedError } from '../sealing/sealed-error.ts'
import type { Sealer } from '../sealing/sealer.ts'
import { fromBytes } from './pack-bytes.ts'

/** Where a pack's bytes are: in its row, or in the blobs. */
export type PackPlace = {
  tenant: TenantId
  runId: RunId
  first: number
  last: number
  packedAt: Date
  bytes: Buffer | null
  blob: string | null
}

/** Opens packs, and keeps the ones that were opened last: a page is often a part of one, and the next page the next part. */
export type PackOpener = {
  /** The pack's events. @throws BlobError `missing` or `corrupt` when an archived one is not what was archived. @throws SealedError */
  open(place: PackPlace): Promise<readonly SerialisedEvent[]>
}

const KEPT = 8

export function createPackOpener({
  blobs,
  sealer,
}: {
  /** Absent: only packs that are not archived can be opened. */
  blobs: Pick<BlobStore, 'get'> | undefined
  sealer: Sealer
}): PackOpener {
  const kept = new Map<string, Promise<readonly SerialisedEvent[]>>()

  return {
    open(place) {
      // A run may be erased, and its id be given to another one: that one's packs are younger.
      const key = `${place.tenant} ${place.runId} ${place.first} ${place.packedAt.getTime()}`
      const events = kept.get(key) ?? read(place)
      kept.delete(key)
      kept.set(key, events)
      events.catch(() => kept.delete(key)) // What could not be had now may be had later.
      if (kept.size > KEPT) kept.delete(kept.keys().next().value ?? '')
      return events
    },
  }

  async function read({ tenant, runId, bytes, blob }: PackPlace): Promise<readonly SerialisedEvent[]> {
    const lines = await ofRun(runId, async () =>
      fromBytes(sealer, tenant, bytes ?? (await readBlob(tenant, blob ?? ''))),
    )
    return lines.map((line) => openEvent(sealer, tenant, readLine(line)))
  }

  async function readBlob(tenant: TenantId, sha256: string): Promise<Buffer> {
    if (!blobs) throw new Error('This event log has no blob store, and its older events are archived in one.')
    return Buffer.concat(await (await blobs.get(tenant, sha256)).toArray())
  }
}

/** Packs are encrypted for their tenant. Who reads one has asked for a run, and is told of that. */
async function ofRun<Result>(runId: RunId, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    const { cause } = error as Error
    if (!(cause instanceof DecryptionError)) throw error
    const message = `The events of the run ${runId} cannot be read: ${cause.message}`
    throw new SealedError(message, { isKeyMissing: cause instanceof MissingKeyError, cause: error })
  }
}
