import { ExpressionError } from '../expression-error.ts'
import type { ExpressionIssue } from '../issue.ts'
import { PATTERN_INSTRUCTIONS_MAX, PATTERN_MAX } from '../limits.ts'
import { KNOWN_FUNCTIONS } from './functions.ts'
import type { Node } from './node.ts'
import { patternSize } from './pattern-size.ts'
import { compilePattern } from './patterns.ts'
import { everyPart, type Syntax, syntaxOf } from './syntax.ts'

/** What is wrong with calls whatever their arguments' types: functions that do not exist, patterns that are not RE2. */
export function checkCalls(root: Node): ExpressionIssue[] {
  const issues: ExpressionIssue[] = []
  let instructions = 0
  everyPart(root, (node) => {
    const syntax = syntaxOf(node)
    if (syntax.kind !== 'call') return
    if (!KNOWN_FUNCTIONS.has(syntax.name)) issues.push(unknownFunction(syntax.name, node))

    const pattern = literalPattern(syntax)
    if (!pattern) return
    if (pattern.args.length <= PATTERN_MAX) instructions += patternSize(pattern.args)
    const wrong = instructions > PATTERN_INSTRUCTIONS_MAX ? TOO_LARGE : checkPattern(pattern.args)
    if (wrong) issues.push({ ...wrong, offset: pattern.start, length: pattern.end - pattern.start })
  })
  return issues
}

function unknownFunction(name: string, { start, end }: Node): ExpressionIssue {
  const message = `there is no function ${name}()`
  return { code: 'unknown-function', message, offset: start, length: end - start, name, known: [...KNOWN_FUNCTIONS] }
}

function literalPattern({ name, args }: Syntax & { kind: 'call' }): (Node & { args: string }) | undefined {
  const pattern = args.at(-1)
  return name === 'matches' && pattern && isLiteralString(pattern) ? pattern : undefined
}

const isLiteralString = (node: Node): node is Node & { args: string } =>
  node.op === 'value' && typeof node.args === 'string'

const TOO_LARGE = { code: 'limit', message: 'the patterns of this expression are too large together' } as const

function checkPattern(pattern: string): Pick<ExpressionIssue, 'code' | 'message'> | undefined {
  try {
    compilePattern(pattern)
    return undefined
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    return { code: error.code === 'limit' ? 'limit' : 'syntax', message: error.message }
  }
}
