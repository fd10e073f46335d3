import { TreadleError } from '@treadle/contract'
import { ProblemAnswer, problem } from '../http/problem.ts'

/** An error of the bridge as the problem that a caller sees. */
export function unreachable(error: unknown): unknown {
  if (error instanceof ProblemAnswer || !(error instanceof TreadleError)) return error
  if (error.type === 'invalid_request') return problem('too-large', error.message, { cause: error })
  return problem('dependency-unavailable', error.message, { cause: error })
}
