import type { ErrorInfo } from '@treadle/contract'

const MESSAGE_LENGTH_MAX = 2000
/** Errors stand in Temporal's history, which cuts failures at 4 KiB. */
const DETAILS_BYTES_MAX = 2048

/** An error small enough for events and histories, whatever the other side wrote into it. */
export function boundError({ message, details, ...error }: ErrorInfo): ErrorInfo {
  return {
    ...error,
    message: message.length > MESSAGE_LENGTH_MAX ? `${message.slice(0, MESSAGE_LENGTH_MAX)}…` : message,
    ...(details !== undefined && { details: isSmall(details) ? details : { omitted: 'The details were too large.' } }),
  }
}

function isSmall(details: unknown): boolean {
  try {
    return Buffer.byteLength(JSON.stringify(details) ?? '') <= DETAILS_BYTES_MAX
  } catch {
    return false // Not JSON: cyclic, or a bigint.
  }
}
