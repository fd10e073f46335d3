import type { ErrorInfo, Json } from '@treadle/contract'
import type { Redactor } from '../secrets/redactor.ts'
import { mapStrings } from '../values/map-strings.ts'
import { storableText } from '../values/storable.ts'

const MESSAGE_LENGTH_MAX = 2000
/** Errors stand in Temporal's history, which cuts failures at 4 KiB. */
const DETAILS_BYTES_MAX = 2048

/**
 * Makes of an error what events and histories may show: without secrets, storable, and small, whatever the other side wrote into it.
 * Secrets go first: half of one would not be known again.
 */
export const createShownError =
  (redactor: Redactor) =>
  ({ type, message, node, details }: ErrorInfo): ErrorInfo => {
    const clean = (text: string) => storableText(redactor.text(text))
    return {
      type,
      message: shorten(clean(message)),
      ...(node !== undefined && { node }),
      ...(details !== undefined && { details: shownDetails(details, clean) }),
    }
  }

const shorten = (text: string) => (text.length > MESSAGE_LENGTH_MAX ? `${text.slice(0, MESSAGE_LENGTH_MAX)}…` : text)

function shownDetails(details: unknown, clean: (text: string) => string): unknown {
  try {
    const value = mapStrings(JSON.parse(JSON.stringify(details)) as Json, clean)
    if (Buffer.byteLength(JSON.stringify(value)) <= DETAILS_BYTES_MAX) return value
    return { omitted: 'The details were too large.' }
  } catch {
    return { omitted: 'The details were no JSON.' } // Cyclic, or a bigint.
  }
}
