import { alternatives, BOOL, type CelType, DYN, describeType, isNullable, listOf, unionOf } from './cel-type.ts'
import { judge } from './overloads.ts'
import type { Report } from './report.ts'

/** The type of what an operator gives for operands of these types. */
export function typeOfOperator(operator: string, operands: CelType[], report: Report): CelType {
  const [left = DYN, right] = operands
  if (!right) return judged(operator, [left], report)
  if (operator === '==' || operator === '!=') return typeOfEquality(left, right, report)
  if (operator === 'in') return typeOfMembership(left, right, report)
  if (operator === '+' && left.kind === 'list' && right.kind === 'list') return listOf(unionOf(left.items, right.items)) // The library wants lists of one type; JSON does not.
  return judged(operator, operands, report)
}

function judged(operator: string, operands: CelType[], report: Report): CelType {
  const verdict = judge(operands, (a, b) =>
    b === undefined ? `${operator.replace('_', '')}${a}` : `${a} ${operator} ${b}`,
  )
  if (verdict.fits) return verdict.type
  if (verdict.onlyNull)
    report({ code: 'maybe-missing', message: `${nullOperand(operands)} may be null; ${operator} takes no null` })
  else
    report({ code: 'type', message: `${operator} does not take ${verdict.operands.map(describeType).join(' and ')}` })
  return DYN
}

function nullOperand([left]: CelType[]): string {
  return left && isNullable(left) ? 'the left side' : 'the right side'
}

/** Anything may be compared with null; otherwise one pair of alternatives has to be comparable. */
function typeOfEquality(left: CelType, right: CelType, report: Report): CelType {
  const comparable = alternatives(left).some((a) => alternatives(right).some((b) => canEqual(a, b)))
  if (!comparable) report({ code: 'type', message: `${describeType(left)} and ${describeType(right)} are never equal` })
  return BOOL
}

function canEqual(a: CelType, b: CelType): boolean {
  if (a.kind === 'null' || b.kind === 'null') return true
  return judge([looseList(a), looseList(b)], (x, y) => `${x} == ${y}`).fits
}

/** Lists of different types are compared item by item, so that none is refused. */
const looseList = (type: CelType) => (type.kind === 'list' ? listOf(DYN) : type)

function typeOfMembership(item: CelType, container: CelType, report: Report): CelType {
  if (isNullable(container))
    report({ code: 'maybe-missing', message: 'the right side may be null; in takes a list or an object' })
  for (const member of alternatives(container)) {
    if (member.kind === 'list') typeOfEquality(item, member.items, report)
    else if (member.kind !== 'object' && member.kind !== 'dyn' && member.kind !== 'null')
      report({ code: 'type', message: `in takes a list or an object, not ${describeType(member)}` })
  }
  return BOOL
}
