import { TypeError as CelTypeError, ParseError } from '@marcbachmann/cel-js'
import { boundedCache } from '../bounded-cache.ts'
import { ExpressionError } from '../expression-error.ts'
import type { ExpressionIssue } from '../issue.ts'
import { CACHE_CHARACTERS_MAX, CACHE_ENTRIES_MAX, NESTING_MAX, NODES_MAX, SOURCE_MAX } from '../limits.ts'
import type { Reference } from '../references.ts'
import { adapt } from './adapt.ts'
import { checkCalls } from './check-calls.ts'
import { environment, REPLACED } from './environment.ts'
import { findReferences } from './find-references.ts'
import { meter } from './meter.ts'
import type { Node } from './node.ts'

/** A source that can be evaluated. */
export interface Program {
  root: Node
  references: Reference[]
  /** How many nodes one evaluation visits at least, comprehensions aside. */
  nodes: number
  run(scope: Map<string, unknown>): unknown
  /** Lets go of the values of the last run. */
  release(): void
}

export type ParsedSource =
  | { ok: true; program: Program }
  /** `root` where there is a tree whose types alone are wrong, so that a checker can say more of it. */
  | { ok: false; errors: ExpressionIssue[]; root?: Node }

const sources = boundedCache<ParsedSource>({ entriesMax: CACHE_ENTRIES_MAX, charactersMax: CACHE_CHARACTERS_MAX })

/** Parses, checks what does not depend on the scope, and makes the tree count its work. Never throws. */
export const parseSource = (source: string): ParsedSource => sources(source, () => parse(source))

function parse(source: string): ParsedSource {
  if (source.length > SOURCE_MAX)
    return failed({
      code: 'limit',
      message: `the expression has ${source.length} characters; at most ${SOURCE_MAX} are allowed`,
      offset: 0,
      length: source.length,
    })
  try {
    const parsed = environment.parse(source)
    const root = parsed.ast as unknown as Node // See node.ts: the typings leave out what we need.
    const issues = checkCalls(root)
    if (issues.length > 0) return { ok: false, errors: issues }
    adapt(root, REPLACED)
    const references = findReferences(root)
    const { valid, error } = parsed.check()
    if (!valid) return { ok: false, errors: [issueOf(error, source)], root }
    const { nodes, release } = meter(root)
    return { ok: true, program: { root, references, nodes, run: parsed, release } }
  } catch (error) {
    return failed(issueOf(error, source))
  }
}

const failed = (issue: ExpressionIssue): ParsedSource => ({ ok: false, errors: [issue] })

function issueOf(error: unknown, source: string): ExpressionIssue {
  if (error instanceof RangeError)
    return { code: 'limit', message: 'the expression is nested too deeply', offset: 0, length: source.length }
  if (error instanceof ExpressionError)
    return { code: 'syntax', message: error.message, offset: error.offset ?? 0, length: error.length ?? source.length }
  if (!(error instanceof ParseError || error instanceof CelTypeError)) throw error

  const offset = Math.min(error.range?.start ?? 0, source.length)
  const length = Math.max(0, Math.min(error.range?.end ?? source.length, source.length) - offset)
  if (error.code === 'limit_exceeded') return { code: 'limit', message: limitMessage(error.summary), offset, length }
  const code = error instanceof ParseError ? 'syntax' : 'type'
  return { code, message: messageOf(error.summary), offset, length }
}

function limitMessage(summary: string): string {
  if (summary.includes('maxDepth')) return `the expression is nested more than ${NESTING_MAX} deep`
  if (summary.includes('maxAstNodes')) return `the expression has more than ${NODES_MAX} parts`
  return 'a list, a map or a call in the expression has too many parts'
}

/** The library's words, with its names for tokens as they are written. */
const messageOf = (summary: string) =>
  summary.replaceAll('$(', '(').replaceAll(/\b[A-Z]{3,}\b/g, (token) => TOKENS[token] ?? token)

const TOKENS: Record<string, string> = {
  EOF: 'the end of the expression',
  NUMBER: 'a number',
  STRING: 'a string',
  BYTES: 'bytes',
  BOOLEAN: 'true or false',
  NULL: 'null',
  IDENTIFIER: 'a name',
  PLUS: '+',
  MINUS: '-',
  MULTIPLY: '*',
  DIVIDE: '/',
  MODULO: '%',
  AND: '&&',
  NOT: '!',
  LPAREN: '(',
  RPAREN: ')',
  LBRACKET: '[',
  RBRACKET: ']',
  LBRACE: '{',
  RBRACE: '}',
  DOT: '.',
  COMMA: ',',
  COLON: ':',
  QUESTION: '?',
}
