import type { ErrorType } from '@treadle/contract'

/** The type of error that an HTTP status stands for, as schemas/errors.json describes the types. */
export function typeOfStatus(status: number): ErrorType {
  if (status === 401 || status === 403) return 'auth'
  if (status === 408) return 'timeout'
  if (status === 429) return 'rate_limited'
  if (status === 503 || status === 529) return 'overloaded'
  return status >= 500 ? 'unavailable' : 'invalid_request'
}
