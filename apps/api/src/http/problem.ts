import { PROBLEMS, type Problem, type ProblemError, type ProblemName } from '@treadle/contract'

export type ProblemExtras = {
  errors?: ProblemError[]
  diagnostics?: Problem['diagnostics']
  headers?: Record<string, string>
  cause?: unknown
}

/** An answer that is a problem of the table. Thrown anywhere in a request; the problems plugin sends it. */
export class ProblemAnswer extends Error {
  override readonly name = 'ProblemAnswer'
  readonly problem: ProblemName
  readonly extras: ProblemExtras

  constructor(problem: ProblemName, detail: string, extras: ProblemExtras = {}) {
    super(detail, extras.cause === undefined ? undefined : { cause: extras.cause })
    this.problem = problem
    this.extras = extras
  }
}

/** `detail` is written for the caller: what is wrong here, and the way out. */
export const problem = (name: ProblemName, detail: string, extras?: ProblemExtras): ProblemAnswer =>
  new ProblemAnswer(name, detail, extras)

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

/** The body of a problem document (RFC 9457). `instance` is the request's id. */
export function problemBody(answer: ProblemAnswer, instance: string): Problem {
  const { status, title } = PROBLEMS[answer.problem]
  const { errors, diagnostics } = answer.extras
  return {
    type: `/problems/${answer.problem}`,
    title,
    status,
    ...(answer.message !== '' && { detail: answer.message }),
    instance,
    ...(errors !== undefined && { errors }),
    ...(diagnostics !== undefined && { diagnostics }),
  }
}

/** Seconds after which trying again makes sense, where the table says that it does. */
const RETRY_AFTER_SECONDS: Partial<Record<ProblemName, number>> = {
  'idempotency-conflict': 1,
  'rate-limited': 1,
  'quota-exceeded': 5,
  overloaded: 2,
  'dependency-unavailable': 2,
}

export function problemHeaders(answer: ProblemAnswer): Record<string, string> {
  const retryAfter = RETRY_AFTER_SECONDS[answer.problem]
  return {
    'content-type': PROBLEM_TYPE,
    'cache-control': 'no-store',
    ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
    ...answer.extras.headers,
  }
}
