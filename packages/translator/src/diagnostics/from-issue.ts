import type { ExpressionIssue } from '@treadle/expressions'
import type { Pointer } from '../source/pointer.ts'
import type { FindingCode } from './codes.ts'
import type { Finding } from './findings.ts'
import { nearNameHint } from './near-names.ts'

/** What is wrong with an expression, as a finding. `at` is where its source begins in the text at `pointer`. */
export function fromIssue(issue: ExpressionIssue, at: { pointer: Pointer; offset: number }): Finding {
  const { code, message, offset, length, name, known } = issue
  return {
    code: CODE_OF[code],
    path: at.pointer,
    message,
    spot: { part: { offset: at.offset + offset, length } },
    ...(name === undefined ? {} : { hint: () => nearNameHint(name, known ?? [], 'see the list of names in scope') }),
  }
}

const CODE_OF = {
  syntax: 'expression-syntax',
  limit: 'expression-too-large',
  type: 'expression-type',
  'unknown-name': 'unknown-name',
  'unknown-function': 'unknown-cel-function',
  'unknown-field': 'unknown-member',
  'maybe-missing': 'maybe-missing',
} as const satisfies Record<string, FindingCode>
