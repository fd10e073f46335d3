import { type EventType, isHandle } from '@treadle/contract'
import type { Perform } from './work.ts'

/**
 * An event of the author's own on the stream, `custom.<name>`. Its data are the author's where those are an object, else
 * `{ value }`; what is large stays stored and shows as `{ ref }`. Its output is null.
 */
export const emitWork: Perform<'emit'> = async ({ event, data }, context) => {
  await context.emit(`custom.${event}` as EventType, eventData(data))
  return { output: null }
}

function eventData(data: unknown): object {
  if (isHandle(data)) return { ref: data.$blob }
  return typeof data === 'object' && data !== null && !Array.isArray(data) ? data : { value: data }
}
