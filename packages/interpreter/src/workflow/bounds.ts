/** Activities and children of one run in flight at most; Temporal's own bound is 2,000, past which a workflow task fails for ever. */
export const IN_FLIGHT_MAX = 500

/** Past either, waiting events are recorded before anything else carries them (ARCHITECTURE.md, Two writers of events). */
export const OUTBOX_EVENTS_MAX = 32
export const OUTBOX_BYTES_MAX = 16 * 1024

/** How long one attempt may take where the node has no `timeout`. */
export const LLM_ATTEMPT_MS = 10 * 60_000
export const OTHER_ATTEMPT_MS = 2 * 60_000

/** A worker that is silent for so long is dead: the node goes to another one. */
export const HEARTBEAT_MS = 10_000

/** An outage of Postgres or of the blobs is waited out for a day, then the run fails. */
export const LOCAL_SCHEDULE_TO_CLOSE_MS = 24 * 60 * 60_000
export const LOCAL_START_TO_CLOSE_MS = 30_000

/**
 * Continue as new at this length of history, in events: the server suggests it at 4,096, and terminates at 51,200. Plans that the translator
 * marked `longRunning` go earlier, since a drain takes what is in flight along.
 */
export const HISTORY_EVENTS_MAX = 4_000
export const HISTORY_EVENTS_MAX_LONG_RUNNING = 2_000

/** Ids of signals that are remembered, so that a repeat is dropped. */
export const SEEN_IDS_MAX = 1_000

/** Runs in runs in runs: a workflow that starts itself ends here. */
export const DEPTH_MAX = 8

/** What continue-as-new carries of outputs stays below this, in UTF-16 units of JSON: Temporal's own bound is 2 MiB with the plan and input. */
export const CARRY_BYTES_MAX = 256 * 1024
/** Outputs up to this are carried as they are: a handle would be hardly smaller. */
export const CARRIED_OUTPUT_BYTES_MAX = 256
export const SHRINK_BATCH_BYTES_MAX = 1024 * 1024

/**
 * How long a segment starts nodes, in milliseconds: the workflow hears nothing while it is executed within its task. Less where
 * something else goes on in the run, which waits for the same task.
 */
export const SEGMENT_START_MS = 2_000
export const SEGMENT_START_MS_BESIDE_OTHERS = 200
/** What is known to be done is sent to another worker up to this, in UTF-16 units of JSON; above, the segment is executed here. */
export const SEGMENT_MEMO_MAX = 256 * 1024
/** The flag of a pause may be seen before the signal is here. */
export const PAUSE_SIGNAL_MS = 1_000
