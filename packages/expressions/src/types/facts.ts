import type { Node } from '../engine/node.ts'
import { pathOf, type Syntax, syntaxOf } from '../engine/syntax.ts'
import { alternatives, type CelType, fieldOf, type ObjectType, objectOf, unionOf, withoutNull } from './cel-type.ts'

/** What a condition says of a path once it is known to hold, or not to. */
export interface Fact {
  path: string[]
  is: 'present' | 'not-null'
}

/** What follows from the condition being true (`holds`) or false: `has(a.b)`, `a.b != null`, and both with `&&`, `||`, `!`. */
export function factsOf(condition: Node, holds: boolean): Fact[] {
  const syntax = syntaxOf(condition)
  switch (syntax.kind) {
    case 'has':
      return holds ? factAbout(condition, 'present') : []
    case 'not':
      return factsOf(syntax.operand, !holds)
    case 'logic':
      if ((syntax.operator === '&&') !== holds) return [] // One of the two, and nobody knows which.
      return [...factsOf(syntax.left, holds), ...factsOf(syntax.right, holds)]
    case 'operator':
      return factsOfComparison(syntax, holds)
    default:
      return []
  }
}

/** `a == 1` and `a != null` say that `a` is not null, `"b" in a` that `a.b` is there. */
function factsOfComparison(
  { operator, operands: [left, right] }: Syntax & { kind: 'operator' },
  holds: boolean,
): Fact[] {
  if (!left || !right) return []
  if (operator === 'in' && holds && typeof left.args === 'string' && left.op === 'value')
    return factAbout(right, 'present', left.args)
  if (operator !== '==' && operator !== '!=') return []
  const [path, constant] = right.op === 'value' ? [left, right] : [right, left]
  if (constant.op !== 'value') return []
  const isEqual = (operator === '==') === holds
  const isNull = constant.args === null
  return isEqual === isNull ? [] : factAbout(path, 'not-null')
}

function factAbout(node: Node, is: Fact['is'], ...fields: string[]): Fact[] {
  const path = pathOf(node)?.path
  return path ? [{ path: [...path, ...fields], is }] : []
}

/** The types of the names in scope. */
export type Variables = ReadonlyMap<string, CelType>

/** The variables where the facts hold. */
export function narrow(variables: Variables, facts: Fact[]): Variables {
  if (facts.length === 0) return variables
  const narrowed = new Map(variables)
  for (const { path, is } of facts) {
    const [name = '', ...fields] = path
    const type = narrowed.get(name)
    if (type) narrowed.set(name, refine(type, fields, is))
  }
  return narrowed
}

/** The type of a variable about whose path (without its name) the fact holds. */
function refine(type: CelType, [field, ...below]: string[], is: Fact['is']): CelType {
  if (field === undefined) return is === 'not-null' ? withoutNull(type) : type
  // Whoever could read the field read it of an object, so the other alternatives are out.
  const objects = alternatives(type).filter((member) => member.kind === 'object')
  return objects.length === 0 ? type : unionOf(...objects.map((object) => refineField(object, field, below, is)))
}

function refineField(object: ObjectType, field: string, below: string[], is: Fact['is']): ObjectType {
  const type = fieldOf(object, field)
  if (!type) return object
  const [refined, isRequired] = [refine(type, below, is), object.required.includes(field)]
  if (refined === type && isRequired) return object
  const props = Object.fromEntries([...Object.entries(object.props), [field, refined]])
  return objectOf(props, { ...object, required: isRequired ? object.required : [...object.required, field] })
}
