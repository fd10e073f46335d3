import type { ExpressionIssue } from '../issue.ts'

/** Reports an issue at the place that the caller has bound it to. */
export type Report = (issue: Omit<ExpressionIssue, 'offset' | 'length'>) => void
