/** Starts runs and waits for the result of each, in one request (`Prefer: wait`). The body is ready JSON, so that the client spends no time on it. */
export type StepsJob = {
  kind: 'steps'
  url: string
  body: string
  runs: number
  /** Runs under way at the same time. */
  atOnce: number
}
export type StepsResult = { latenciesMs: number[]; wallMs: number }

/** Names of events on a side's stream. */
export type StreamEvents = { delta: string; completed: string; failed: readonly string[] }

/** Starts runs at the same moment, and reads their streams to the end. */
export type StreamsJob = {
  kind: 'streams'
  url: string
  body: string
  events: StreamEvents
  runs: number
  /** In each run; fewer that arrive are lost. */
  tokens: number
}
export type StreamsResult = {
  /** From the start of the request to the first token, of each run. */
  firstTokensMs: number[]
  delayMs: { p50: number; p99: number; max: number }
  lost: number
  repeated: number
  /** Of all runs together: from the model's first token to the last one received. */
  tokensPerSecond: number
}

/**
 * One run with many subscribers, whose model is told at `releaseUrl` to begin once all are there. Some of them, spread evenly, read and
 * time each token; the others only count.
 */
export type FanOutJob = Omit<StreamsJob, 'kind' | 'runs'> & {
  kind: 'fanOut'
  releaseUrl: string
  subscribers: number
  timed: number
}
export type FanOutResult = {
  delayMs: { p50: number; p99: number; max: number }
  lost: number
  repeated: number
  /** Subscribers who only count, and did not count what the others did. */
  miscounted: number
}

/** Rows committed one at a time, each told of by a notification of the same transaction. */
export type CommitsJob = {
  kind: 'commits'
  /** Of a database, for its superuser. */
  url: string
  rows: number
  perSecond: number
}
export type CommitsResult = { delayMs: { p50: number; p99: number; max: number } }

/** Runs started at a steady rate, whatever becomes of those before. */
export type StartsJob = { kind: 'starts'; url: string; body: string; runs: number; perSecond: number }
export type StartsResult = {
  /** Of those that were accepted, from when each was due. */
  answersMs: { p50: number; p99: number; max: number }
  refused: number
  /** The first refusal. */
  why?: string
}

export type Job = StepsJob | StreamsJob | FanOutJob | CommitsJob | StartsJob
export type ResultOf<J extends Job> = J extends StepsJob
  ? StepsResult
  : J extends StreamsJob
    ? StreamsResult
    : J extends FanOutJob
      ? FanOutResult
      : J extends StartsJob
        ? StartsResult
        : CommitsResult
