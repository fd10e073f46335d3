import type { Runtime } from '@treadle/contract'
import type { StreamEvents } from '../load/jobs.ts'
import type { ModelOrder } from '../model/tokens.ts'

/** Something that runs steps, or streams a model's answer, over HTTP. Bodies are ready JSON. */
export type Side = {
  url: string
  /** Its own processes; the servers that all share are not among them. */
  pids: readonly number[]
  /** How the load client reads its streams. */
  events: StreamEvents
  /** Body of `POST /runs` for one model call; `runtime`: of the worker that makes it, where there are several (default TypeScript). */
  chatBody(order: ModelOrder, runtime?: Runtime): string
  /** Starts the workers of the other languages too; may be called again. */
  startOthers?(): Promise<void>
  /** Body of `POST /runs` for five short steps; with `Prefer: wait` the answer has their result. */
  stepsBody(placement: StepPlacement): string
}

/** `best`: as a side does it unless told otherwise. `activities`: each step an activity on a queue of its own. `local`: local activities. */
export type StepPlacement = 'best' | 'activities' | 'local'
