import { SealedError } from '@treadle/storage'
import type { FastifyError } from 'fastify'
import { isUnavailable } from './outage.ts'
import { ProblemAnswer, problem } from './problem.ts'
import { validationErrors } from './validation.ts'

/** Any error of a request as a problem. What nobody expected is `internal`, with no word of it. */
export function toProblem(error: unknown): ProblemAnswer {
  if (error instanceof ProblemAnswer) return error
  const { code, validation, validationContext, statusCode } = error as Partial<FastifyError>

  if (validation) {
    const place = PLACES[validationContext ?? 'body'] ?? 'body'
    const errors = validationErrors(validation)
    return problem('malformed-request', `The ${place} does not fit: ${errors.map(sentence).join('; ')}.`, { errors })
  }
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return problem('too-large', 'The body is larger than this route takes.')
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
    case 'FST_ERR_CTP_EMPTY_TYPE':
      return problem('unsupported-media-type', 'Send Content-Type: application/json.')
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return problem('malformed-request', 'The body’s size does not fit Content-Length.')
  }
  if (typeof code === 'string' && OUT_OF_RANGE.has(code)) {
    return problem('malformed-request', 'A time is out of the range that can be kept.', { cause: error })
  }
  if (isUnavailable(error)) {
    const how = code === DISK_FULL ? 'has no room left' : 'cannot be reached'
    return problem('dependency-unavailable', `The database ${how}.`, { cause: error })
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return problem('malformed-request', 'The request cannot be read.', { cause: error })
  }
  // Says which key is missing, or what was changed, and nothing of what it holds.
  if (error instanceof SealedError) return problem('internal', error.message, { cause: error })
  return problem('internal', '', { cause: error })
}

/** SQLSTATE of Postgres. */
const DISK_FULL = '53100'

/** SQLSTATEs of a time that a schema takes and Postgres does not, such as one of the year 0. */
const OUT_OF_RANGE = new Set<string>(['22007', '22008', '22009'])

const PLACES: Record<string, string> = { body: 'body', querystring: 'query', params: 'path', headers: 'header' }

const sentence = ({ path, message }: { path: string; message: string }) => `${path === '' ? 'it' : path} ${message}`
