import { TreadleError } from '@treadle/contract'
import type { Redactor } from '../secrets/redactor.ts'
import { parseRetryAfter } from './retry-after.ts'
import { typeOfStatus } from './status-type.ts'

const TEXT_LENGTH_MAX = 500

/** The error that an HTTP status of 400 and more stands for; `text` is the body's, shown in part. */
export function statusError(
  { status, headers, text }: { status: number; headers: { get(name: string): string | null }; text: string },
  { host }: URL,
  redactor: Redactor,
): TreadleError {
  // Redacted before it is cut: half of a secret would not be known again.
  const shown = redactor.text(text).slice(0, TEXT_LENGTH_MAX)
  const retryAfterMs = parseRetryAfter(headers.get('retry-after'))
  return new TreadleError(typeOfStatus(status), `${host} answered with HTTP ${status}.`, {
    details: { status, ...(shown ? { body: shown } : {}) },
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}
