import type { Path, RunId, TenantId } from '@treadle/contract'

/** An event as it goes to a client: `json` is its whole envelope, one line, serialised once. */
export type SerialisedEvent = { seq: number; type: string; node?: Path; json: string }

export type EventPage = { events: SerialisedEvent[]; lastSeq: number; ended: boolean }

/** News of a run: the events that follow the given position, or (`hint`) that there are some up to `hint` which have to be read. */
export type News = { events: SerialisedEvent[] } | { hint: number }

export type Follower = {
  /**
   * Resolves as soon as the run is known to have events past `after`; undefined once closed. `events` start with `after + 1`, so a
   * caller that passes the last position it has gets every event once: no gap, no repetition.
   */
  next(after: number): Promise<News | undefined>
  /**
   * Hands what follows `after` to `take` as soon as it is told of, without a promise for each event, as long as `take` says true. Resolves
   * when it said false, when closed, or when `next` has to be asked for what follows the last events that were taken: they have to be read.
   * Followers who are at the same place are given the same array.
   */
  flow(after: number, take: (events: readonly SerialisedEvent[]) => boolean): Promise<void>
  close(): void
}

export type ReadOptions = {
  /** Events past this position. 0: from the start. */
  after: number
  /** At most this many events. */
  limit: number
  /** At most up to this position. */
  upTo?: number
}

export type EventLog = {
  /** A page of the log, oldest first; undefined when the tenant has no such run. */
  read(tenant: TenantId, runId: RunId, options: ReadOptions): Promise<EventPage | undefined>
  /** Subscribes at once: nothing that is committed after this call is missed. */
  follow(tenant: TenantId, runId: RunId): Follower
  /**
   * The run's events past `after`, stored ones and then live ones, in batches, until the last event or `signal`. Subscribes, then
   * reads, then drains. Pulled by its consumer, so it holds at most one page. Ends at once when there is no such run.
   */
  stream(
    tenant: TenantId,
    runId: RunId,
    options: { after: number; signal?: AbortSignal },
  ): AsyncGenerator<SerialisedEvent[], void, void>
  /** Opens the one LISTEN connection; resolves when it listens, or after the first failure (it goes on trying, and polls meanwhile). */
  start(): Promise<void>
  stop(): Promise<void>
  /** The LISTEN connection is up. */
  readonly healthy: boolean
}
