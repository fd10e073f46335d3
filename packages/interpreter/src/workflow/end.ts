import type { Json } from '@treadle/contract'
import type { Failure } from '../core/failure.ts'

/** How a run ends; its last event is `run.<type>`. */
export type End = { type: 'completed'; output: Json } | { type: 'failed'; failure: Failure } | { type: 'cancelled' }
