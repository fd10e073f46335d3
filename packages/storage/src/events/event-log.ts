import type { Pool } from 'pg'
import type { BlobStore } from '../blobs/types.ts'
import { createPackOpener } from '../keeping/stored-packs.ts'
import { type Log, SILENT } from '../log.ts'
import { NO_SEALER, type Sealer } from '../sealing/sealer.ts'
import { createFollowedRuns } from './followed-runs.ts'
import { createListener } from './listener.ts'
import { readEvents } from './read-events.ts'
import { streamEvents } from './stream-events.ts'
import type { EventLog } from './types.ts'

export type EventLogOptions = {
  /** Connections of a login in `treadle_api`. */
  pool: Pool
  /** Where to LISTEN: a direct connection, not one through a transaction pooler. */
  listenUrl: string
  /** Where archived events are. Without it they cannot be read. */
  blobs?: Pick<BlobStore, 'get'>
  /** Opens what is encrypted. Default: it is an error. */
  sealer?: Sealer
  log?: Log
}

const POLL_MS = 1_000

export function createEventLog({
  pool,
  listenUrl,
  blobs,
  sealer = NO_SEALER,
  log = SILENT,
}: EventLogOptions): EventLog {
  const source = { pool, packs: createPackOpener({ blobs, sealer }), sealer }
  const followed = createFollowedRuns(sealer, async (tenant, runId, after, limit) => {
    const page = await readEvents(source, tenant, runId, { after, limit })
    return page?.events
  })
  const listener = createListener({
    url: listenUrl,
    onNotification: (payload) => followed.notify(payload),
    onListening: () => followed.doubt(),
    log,
  })
  let timer: NodeJS.Timeout | undefined
  let polling = false

  return {
    read: (tenant, runId, options) => readEvents(source, tenant, runId, options),
    follow: (tenant, runId) => followed.follow(tenant, runId),
    stream: (tenant, runId, { after, signal }) =>
      streamEvents(
        {
          follow: () => followed.follow(tenant, runId),
          read: (position, limit) => readEvents(source, tenant, runId, { after: position, limit }),
        },
        after,
        signal,
      ),
    async start() {
      timer ??= setInterval(pollWhileDeaf, POLL_MS)
      await listener.start()
    },
    async stop() {
      clearInterval(timer)
      followed.closeAll()
      await listener.stop()
    },
    get healthy() {
      return listener.healthy
    },
  }

  /** While the LISTEN connection is down, asks where the followed runs stand. */
  async function pollWhileDeaf(): Promise<void> {
    const runs = followed.keys()
    if (listener.healthy || polling || runs.length === 0) return
    polling = true
    try {
      const { rows } = await pool.query<{ tenant: string; id: string; last_seq: number }>(
        'select * from treadle.run_heads($1, $2)',
        [runs.map(({ tenant }) => tenant), runs.map(({ runId }) => runId)],
      )
      for (const { tenant, id, last_seq } of rows) followed.hint(tenant, id, last_seq)
    } catch (error) {
      log.warn({ err: error }, 'The event log can neither be listened to nor asked')
    } finally {
      polling = false
    }
  }
}
