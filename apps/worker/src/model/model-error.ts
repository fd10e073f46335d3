import { TreadleError } from '@treadle/contract'
import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai'
import { parseRetryAfter } from '../net/retry-after.ts'
import { typeOfStatus } from '../net/status-type.ts'

/** What a call of a model threw, by the one taxonomy. */
export function toModelError(error: unknown): TreadleError {
  if (error instanceof TreadleError) return error
  if (error instanceof APIConnectionTimeoutError) {
    return new TreadleError('timeout', 'The model server did not answer in time.', { cause: error })
  }
  if (error instanceof APIConnectionError) {
    return new TreadleError('unavailable', `The model server cannot be reached${reasonOf(error)}.`, { cause: error })
  }
  if (error instanceof APIError) return ofAnswer(error)
  if (error instanceof SyntaxError) {
    return new TreadleError('unavailable', 'The model server sent a chunk that is not JSON.', { cause: error })
  }
  return new TreadleError('unavailable', `The model’s stream broke off${reasonOf(error)}.`, { cause: error })
}

function ofAnswer(error: APIError): TreadleError {
  const { status, headers, code } = error
  const details = { ...(status !== undefined && { status }), ...(typeof code === 'string' && { code }) }
  const retryAfterMs = parseRetryAfter(headers?.get('retry-after'))
  return new TreadleError(
    status === undefined ? typeOfEvent(error) : typeOfStatus(status),
    `The model server answered with an error: ${error.message}`,
    {
      ...(Object.keys(details).length > 0 && { details }),
      cause: error,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    },
  )
}

/** An error inside of a stream has no status, only OpenAI's `type` and `code`. */
function typeOfEvent({ type, code }: APIError) {
  const said = `${type} ${code}`
  if (/rate_limit/.test(said)) return 'rate_limited'
  if (/overloaded|capacity/.test(said)) return 'overloaded'
  if (/invalid_request/.test(said)) return 'invalid_request'
  if (/authentication|permission/.test(said)) return 'auth'
  return 'unavailable'
}

/** The code at the bottom of the chain of causes, such as ECONNREFUSED, in brackets. */
function reasonOf(error: unknown): string {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const code = (at as NodeJS.ErrnoException).code
    if (typeof code === 'string') return ` (${code})`
  }
  return ''
}
