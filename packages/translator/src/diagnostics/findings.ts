import type { Diagnostic } from '@treadle/contract'
import type { Problem } from '../source/problem.ts'
import type { Source, Spot } from '../source/source.ts'
import { CODES, type FindingCode } from './codes.ts'

/** What a pass says is wrong. `hint` replaces the code's own; `spot` says more precisely where. */
export type Finding = {
  code: FindingCode
  path: string
  message: string
  /** A function where it takes a search: asked only for findings that are shown. */
  hint?: string | (() => string)
  spot?: Omit<Spot, 'path'>
  related?: { path: string; message: string }[]
}

/** Gathers what all passes find. The same finding at the same place counts once. */
export type Findings = {
  add(finding: Finding): void
  /** The places of all errors so far. */
  errorPaths(): readonly string[]
  readonly hasErrors: boolean
  readonly size: number
  all(): Finding[]
}

export function createFindings(): Findings {
  const found = new Map<string, Finding>()
  const errors: string[] = []
  return {
    add(finding) {
      const key = `${finding.code} ${finding.path} ${finding.message}`
      if (found.has(key)) return
      found.set(key, finding)
      if (CODES[finding.code].severity === 'error') errors.push(finding.path)
    },
    errorPaths: () => errors,
    get hasErrors() {
      return errors.length > 0
    },
    get size() {
      return found.size
    },
    all: () => [...found.values()],
  }
}

/** The findings as the answer shows them: sorted by place, the first `max` of them. */
export function toDiagnostics(found: Finding[], problems: Problem[], source: Source, max: number): Diagnostic[] {
  const all = [...problems.map((problem) => fromProblem(problem, source)), ...found.map((f) => fromFinding(f, source))]
  all.sort((a, b) => byPlace(a.diagnostic, b.diagnostic))
  const shown = all.slice(0, max).map(({ diagnostic, hint }) => ({
    ...diagnostic,
    hint: (typeof hint === 'function' ? hint() : hint) ?? CODES[diagnostic.code as FindingCode].hint,
  }))
  const left = all.length - shown.length
  if (left === 0) return shown
  const message = `at least ${left} more findings are not shown`
  const { severity, hint } = CODES['too-many-findings']
  return [...shown, { code: 'too-many-findings', severity, path: '', message, hint }]
}

type Placed = { diagnostic: Omit<Diagnostic, 'hint'>; hint: Finding['hint'] }

function fromProblem({ code, path, span, message, hint }: Problem, source: Source): Placed {
  const range = span ? source.range(span) : source.locate({ path })
  const { severity } = CODES[code]
  return { hint, diagnostic: { code, severity, path, ...(range ? { range } : {}), message: sentence(message) } }
}

function fromFinding({ code, path, message, hint, spot, related }: Finding, source: Source): Placed {
  const range = source.locate({ path, ...spot })
  return {
    hint,
    diagnostic: {
      code,
      severity: CODES[code].severity,
      path,
      ...(range ? { range } : {}),
      message: sentence(message),
      ...(related ? { related: related.map((other) => withRange(other, source)) } : {}),
    },
  }
}

function withRange(other: { path: string; message: string }, source: Source) {
  const range = source.locate({ path: other.path, at: 'key' })
  return range ? { ...other, range } : other
}

/** By line and column where a text was given, else by path; findings of one place in the order of the passes. */
function byPlace(a: Placed['diagnostic'], b: Placed['diagnostic']): number {
  if (a.range && b.range) {
    return a.range.start.line - b.range.start.line || a.range.start.column - b.range.start.column
  }
  return comparePointers(a.path, b.path)
}

function comparePointers(a: string, b: string): number {
  const left = a.split('/')
  const right = b.split('/')
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const [x = '', y = ''] = [left[index], right[index]]
    if (x === y) continue
    const isIndexes = /^\d+$/.test(x) && /^\d+$/.test(y)
    return isIndexes ? Number(x) - Number(y) : x < y ? -1 : 1
  }
  return left.length - right.length
}

const sentence = (message: string): string => message.charAt(0).toUpperCase() + message.slice(1)
