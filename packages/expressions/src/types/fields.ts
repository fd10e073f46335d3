import {
  alternatives,
  type CelType,
  DYN,
  describeType,
  fieldOf,
  isNullable,
  listOf,
  type ObjectType,
  STRING,
  unionOf,
} from './cel-type.ts'
import type { Report } from './report.ts'

/**
 * The type of a field of a value. With `optional` (`.?field`, and under `has()`) nothing that may be missing is an
 * issue; a field that cannot be there still is.
 */
export function typeOfField(of: CelType, field: string, optional: boolean, report: Report): CelType {
  if (of.kind === 'optional') return { kind: 'optional', of: typeOfField(of.of, field, true, report) }
  if (isNullable(of) && !optional)
    report({ code: 'maybe-missing', message: `this may be null; then it has no field ${field}. ${GUARD}` })

  const members = alternatives(of).filter(({ kind }) => kind !== 'null')
  if (members.length === 0) return DYN
  return unionOf(...members.map((member) => typeOfMemberField(member, field, optional, report)))
}

function typeOfMemberField(of: CelType, field: string, optional: boolean, report: Report): CelType {
  if (of.kind === 'dyn') return DYN
  if (of.kind === 'optional') return typeOfField(of, field, optional, report)
  if (of.kind !== 'object') {
    report({ code: 'type', message: `${describeType(of)} has no field ${field}` })
    return DYN
  }
  const type = fieldOf(of, field)
  if (!type) {
    report({ code: 'unknown-field', message: unknownMessage(of, field), name: field, known: Object.keys(of.props) })
    return DYN
  }
  if (!optional && !of.required.includes(field))
    report({ code: 'maybe-missing', message: `${field} need not be there. ${GUARD}` })
  return type
}

const GUARD = 'Guard it with has(), .? or default()'

function unknownMessage({ props }: ObjectType, field: string): string {
  const names = Object.keys(props)
  if (names.length === 0) return `there is no field ${field}, as the object has none`
  return `there is no field ${field}; there are ${names.slice(0, 8).join(', ')}${names.length > 8 ? ', …' : ''}`
}

/** The type of what stands at a computed index or key. Whether it is there cannot be told before. */
export function typeAtIndex(of: CelType, index: CelType, optional: boolean, report: Report): CelType {
  if (of.kind === 'optional') return { kind: 'optional', of: typeAtIndex(of.of, index, true, report) }
  if (isNullable(of) && !optional) report({ code: 'maybe-missing', message: `this may be null. ${GUARD}` })
  const members = alternatives(of).filter(({ kind }) => kind !== 'null')
  return unionOf(...members.map((member) => typeAtMemberIndex(member, index, report)))
}

function typeAtMemberIndex(of: CelType, index: CelType, report: Report): CelType {
  if (of.kind === 'list') {
    if (!fits(index, ['int', 'uint', 'double']))
      report({ code: 'type', message: `an index of a list is an int, not ${describeType(index)}` })
    return of.items
  }
  if (of.kind === 'object') {
    if (!fits(index, ['string', 'int', 'bool']))
      report({ code: 'type', message: `a key of an object is a string, not ${describeType(index)}` })
    return of.open ? unionOf(...Object.values(of.props), of.rest ?? DYN) : unionOf(...Object.values(of.props))
  }
  if (of.kind !== 'dyn') report({ code: 'type', message: `${describeType(of)} has no items` })
  return DYN
}

const fits = (type: CelType, kinds: CelType['kind'][]) =>
  alternatives(type).every(({ kind }) => kind === 'dyn' || kinds.includes(kind))

/** What a comprehension's variable holds: the items of a list, the keys of an object. */
export function typeOfItems(of: CelType, report: Report): CelType {
  if (isNullable(of)) report({ code: 'maybe-missing', message: `this may be null; a list is needed. ${GUARD}` })
  const members = alternatives(of).filter(({ kind }) => kind !== 'null')
  return unionOf(
    ...members.map((member) => {
      if (member.kind === 'list') return member.items
      if (member.kind === 'object') return STRING
      if (member.kind !== 'dyn') report({ code: 'type', message: `a list is needed here, not ${describeType(member)}` })
      return DYN
    }),
  )
}

/** A list of these, as a literal or as what `map` makes. */
export const listOfAll = (types: CelType[]) => listOf(types.length > 0 ? unionOf(...types) : DYN)
