import type { Place } from './expression-error.ts'

/**
 * A mistake found before an expression runs.
 * - `syntax`: not CEL, or a pattern in it is not RE2
 * - `limit`: longer, deeper or larger than allowed (see limits.ts)
 * - `type`: an operator or function does not take these types, or the whole is not of the expected type
 * - `unknown-name`: nothing of that name is in scope
 * - `unknown-function`: no function of that name
 * - `unknown-field`: the object has no such field, and its schema allows no others
 * - `maybe-missing`: the field need not be there, or the value may be null, and nothing guards against it
 */
export type IssueCode =
  | 'syntax'
  | 'limit'
  | 'type'
  | 'unknown-name'
  | 'unknown-function'
  | 'unknown-field'
  | 'maybe-missing'

/** Place in UTF-16 units of the source. */
export interface ExpressionIssue extends Place {
  code: IssueCode
  message: string
  /** For `unknown-*`: what was written, and what could have been, so that the nearest can be suggested. */
  name?: string
  known?: string[]
}
