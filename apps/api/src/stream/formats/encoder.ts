import type { EventEnvelope } from '@treadle/contract'
import { createAgUiEncoder } from './ag-ui.ts'
import { createOpenaiResponsesEncoder } from './openai-responses.ts'

/** An event of another protocol. `name` goes into `event:`; without it the line is left out. */
export type Message = { name?: string; data: object }

/**
 * Tells one run's log in another protocol. It is given every event from the first on, in order, and gives what the protocol has for each:
 * nothing, one message or several. What it says depends on the events alone, so any two that were given the same log say the same; a
 * stream that is resumed runs through the events before and leaves out what they say.
 */
export type Encoder = (event: EventEnvelope) => Message[]

export const FORMATS = ['treadle', 'ag-ui', 'openai-responses'] as const
export type StreamFormat = (typeof FORMATS)[number]

export function createEncoder(format: Exclude<StreamFormat, 'treadle'>): Encoder {
  return format === 'ag-ui' ? createAgUiEncoder() : createOpenaiResponsesEncoder()
}
