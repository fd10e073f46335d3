import { environment } from '../engine/environment.ts'
import type { Node } from '../engine/node.ts'
import { type Syntax, syntaxOf } from '../engine/syntax.ts'
import type { ExpressionIssue } from '../issue.ts'
import { typeOfCall } from './calls.ts'
import {
  BOOL,
  type CelType,
  DYN,
  describeType,
  isAssignable,
  listOf,
  nullable,
  objectOf,
  unionOf,
  withoutNull,
} from './cel-type.ts'
import { type Fact, factsOf, narrow, type Variables } from './facts.ts'
import { listOfAll, typeAtIndex, typeOfField, typeOfItems } from './fields.ts'
import { typeOfLiteral } from './literals.ts'
import { typeOfOperator } from './operators.ts'
import type { Report } from './report.ts'

/** What is known at a place in the source. */
export interface Context {
  /** The types of the names in scope there, as narrowed by the conditions around. */
  variables: Variables
  /** Nothing that may be missing is an issue: the place is under `default()`. */
  guarded: boolean
  report(issue: ExpressionIssue): void
}

/** The type of what the node evaluates to. Reports what is wrong and goes on, so that all is found at once. */
export function infer(node: Node, context: Context): CelType {
  const syntax = syntaxOf(node)
  const type = (part: Node) => infer(part, context)
  const report = reportAt(node, context)
  switch (syntax.kind) {
    case 'value':
      return typeOfLiteral(syntax.value)
    case 'name':
      return inferName(syntax.name, context, report)
    case 'field':
      return optionally(
        syntax,
        typeOfField(type(syntax.of), syntax.field, syntax.optional, reportAt(fieldPlace(node, syntax), context)),
      )
    case 'index':
      return optionally(syntax, typeAtIndex(type(syntax.of), type(syntax.index), syntax.optional, report))
    case 'has':
      typeOfField(type(syntax.of), syntax.field, true, report)
      return BOOL
    case 'list':
      return listOfAll(syntax.items.map(type))
    case 'map':
      return inferMap(syntax.entries, type)
    case 'conditional':
      return inferConditional(syntax, context)
    case 'logic':
      return inferLogic(syntax, context)
    case 'not':
      expectBool(syntax.operand, context)
      return BOOL
    case 'operator':
      return typeOfOperator(syntax.operator, syntax.operands.map(type), report)
    case 'call':
      return typeOfCall(syntax.name, receiverOf(syntax, context), syntax.args.map(type), report)
    case 'default':
      return unionOf(withoutNull(infer(syntax.value, { ...context, guarded: true })), type(syntax.fallback))
    case 'comprehension':
      return inferComprehension(syntax, context)
    case 'bind':
      return infer(syntax.body, withVariable(context, syntax.variable, type(syntax.value)))
  }
}

function reportAt({ start, end }: { start: number; end: number }, context: Context): Report {
  return (issue) => {
    if (!(context.guarded && issue.code === 'maybe-missing'))
      context.report({ ...issue, offset: start, length: end - start })
  }
}

/** Only the field's name of `a.b.field`. */
function fieldPlace({ start, end, op }: Node, { field }: { field: string }) {
  return { start: op.startsWith('.') ? end - field.length : start, end }
}

const optionally = ({ optional }: { optional: boolean }, type: CelType): CelType =>
  optional && type.kind !== 'optional' ? { kind: 'optional', of: type } : type

function inferName(name: string, { variables }: Context, report: Report): CelType {
  const type = variables.get(name)
  if (type) return type
  if (environment.hasVariable(name)) return TYPE_NAMES.has(name) ? { kind: 'type' } : DYN
  report({ code: 'unknown-name', message: `there is no ${name} in scope here`, name, known: [...variables.keys()] })
  return DYN
}

const TYPE_NAMES: ReadonlySet<string> = new Set('bool bytes double int list map null_type string type uint'.split(' '))

function inferMap(entries: [Node, Node][], type: (node: Node) => CelType): CelType {
  const props: [string, CelType][] = []
  const rest: CelType[] = []
  for (const [key, value] of entries) {
    type(key)
    if (key.op === 'value' && typeof key.args === 'string') props.push([key.args, type(value)])
    else rest.push(type(value))
  }
  return objectOf(Object.fromEntries(props), rest.length > 0 ? { open: true, rest: unionOf(...rest) } : {})
}

function inferConditional({ condition, yes, no }: Syntax & { kind: 'conditional' }, context: Context): CelType {
  expectBool(condition, context)
  return unionOf(
    infer(yes, withFacts(context, factsOf(condition, true))),
    infer(no, withFacts(context, factsOf(condition, false))),
  )
}

/** Each side may rely on the other, whatever their order: `false && error` and `error && false` are both false. */
function inferLogic({ operator, left, right }: Syntax & { kind: 'logic' }, context: Context): CelType {
  const holds = operator === '&&'
  expectBool(left, withFacts(context, factsOf(right, holds)))
  expectBool(right, withFacts(context, factsOf(left, holds)))
  return BOOL
}

function expectBool(node: Node, context: Context) {
  const type = infer(node, context)
  if (isAssignable(type, BOOL)) return
  const report = reportAt(node, context)
  if (isAssignable(type, nullable(BOOL)))
    report({ code: 'maybe-missing', message: 'this may be null; a bool is needed' })
  else report({ code: 'type', message: `a bool is needed here, not ${describeType(type)}` })
}

function receiverOf({ receiver }: Syntax & { kind: 'call' }, context: Context): CelType | string | undefined {
  if (!receiver) return undefined
  const syntax = syntaxOf(receiver)
  if (syntax.kind === 'name' && NAMESPACES.has(syntax.name) && !context.variables.has(syntax.name)) return syntax.name
  return infer(receiver, context)
}

const NAMESPACES: ReadonlySet<string> = new Set(['json', 'optional'])

function inferComprehension(
  { name, of, variable, bodies }: Syntax & { kind: 'comprehension' },
  context: Context,
): CelType {
  const items = typeOfItems(infer(of, context), reportAt(of, context))
  const inner = withVariable(context, variable, items)
  const [body, transform] = bodies
  if (!body) return DYN
  if (name === 'map' && !transform) return listOf(infer(body, inner))

  expectBool(body, inner)
  const kept = withFacts(inner, factsOf(body, true))
  if (transform) return listOf(infer(transform, kept))
  return name === 'filter' ? listOf(kept.variables.get(variable) ?? DYN) : BOOL
}

const withVariable = (context: Context, name: string, type: CelType): Context => ({
  ...context,
  variables: new Map(context.variables).set(name, type),
})

const withFacts = (context: Context, facts: Fact[]): Context => ({
  ...context,
  variables: narrow(context.variables, facts),
})
