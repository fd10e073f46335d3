import { ExpressionError } from '../expression-error.ts'
import type { ExpressionIssue } from '../issue.ts'
import { KNOWN_FUNCTIONS } from './functions.ts'
import type { Node } from './node.ts'
import { compilePattern } from './patterns.ts'
import { everyPart, type Syntax, syntaxOf } from './syntax.ts'

/** What is wrong with calls whatever their arguments' types: functions that do not exist, patterns that are not RE2. */
export function checkCalls(root: Node): ExpressionIssue[] {
  const issues: ExpressionIssue[] = []
  everyPart(root, (node) => {
    const syntax = syntaxOf(node)
    if (syntax.kind !== 'call') return
    if (!KNOWN_FUNCTIONS.has(syntax.name)) issues.push(unknownFunction(syntax.name, node))
    else if (syntax.name === 'matches') issues.push(...checkPattern(syntax))
  })
  return issues
}

function unknownFunction(name: string, { start, end }: Node): ExpressionIssue {
  const message = `there is no function ${name}()`
  return { code: 'unknown-function', message, offset: start, length: end - start, name, known: [...KNOWN_FUNCTIONS] }
}

function checkPattern({ args }: Syntax & { kind: 'call' }): ExpressionIssue[] {
  const pattern = args.at(-1)
  if (pattern?.op !== 'value' || typeof pattern.args !== 'string') return []
  try {
    compilePattern(pattern.args)
    return []
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    const code = error.code === 'limit' ? 'limit' : 'syntax'
    return [{ code, message: error.message, offset: pattern.start, length: pattern.end - pattern.start }]
  }
}
