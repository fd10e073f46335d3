import type { RunId, TenantId } from '@treadle/contract'
import type { Sealer } from '../sealing/sealer.ts'
import { createFollowedRun, type FetchEvents, type FollowedRun } from './followed-run.ts'
import { readNotification, runKey } from './notification.ts'
import type { Follower } from './types.ts'

/** The runs that somebody follows right now; a run is forgotten with its last follower. */
export type FollowedRuns = {
  follow(tenant: TenantId, runId: RunId): Follower
  /** A notification has come. */
  notify(payload: string): void
  /** Notifications may have been missed. */
  doubt(): void
  /** A run's newest seq, from elsewhere. */
  hint(tenant: TenantId, runId: RunId, seq: number): void
  keys(): { tenant: TenantId; runId: RunId }[]
  closeAll(): void
}

/** `fetch`: the stored events of a run, for all who follow it. `sealer` opens what is told. */
export function createFollowedRuns(
  sealer: Sealer,
  fetch: (tenant: TenantId, runId: RunId, ...rest: Parameters<FetchEvents>) => ReturnType<FetchEvents>,
): FollowedRuns {
  const runs = new Map<string, { tenant: TenantId; runId: RunId; run: FollowedRun; followers: Set<Follower> }>()

  return {
    follow(tenant, runId) {
      const key = runKey(tenant, runId)
      const entry = runs.get(key) ?? {
        tenant,
        runId,
        run: createFollowedRun((after, limit) => fetch(tenant, runId, after, limit)),
        followers: new Set(),
      }
      runs.set(key, entry)
      const follower = entry.run.follower(() => {
        entry.followers.delete(follower)
        if (entry.followers.size === 0 && runs.get(key) === entry) runs.delete(key)
      })
      entry.followers.add(follower)
      return follower
    },
    notify(payload) {
      const tellings = readNotification(payload, sealer, (key) => runs.has(key))
      for (const telling of tellings) runs.get(telling.key)?.run.tell(telling)
    },
    doubt() {
      for (const { run } of runs.values()) run.doubt()
    },
    hint(tenant, runId, seq) {
      const key = runKey(tenant, runId)
      runs.get(key)?.run.tell({ key, hint: seq })
    },
    keys: () => [...runs.values()].map(({ tenant, runId }) => ({ tenant, runId })),
    closeAll() {
      for (const { followers } of [...runs.values()]) for (const follower of [...followers]) follower.close()
    },
  }
}
