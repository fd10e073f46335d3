/** What is known of a value before it is there. JSON-like types, with what CEL adds to them. */
export type CelType =
  | { kind: ScalarKind }
  | ListType
  | ObjectType
  | { kind: 'union'; of: CelType[] }
  /** The result of `.?`: a value or nothing. */
  | { kind: 'optional'; of: CelType }

export type ScalarKind =
  /** Anything: nothing is checked. */
  'dyn' | 'null' | 'bool' | 'int' | 'uint' | 'double' | 'string' | 'bytes' | 'timestamp' | 'duration' | 'type'

export interface ListType {
  kind: 'list'
  items: CelType
}

export interface ObjectType {
  kind: 'object'
  props: Record<string, CelType>
  /** Which of its fields are always there. */
  required: string[]
  /** Whether it may have fields that `props` does not name. */
  open: boolean
  /** The type of those; default `dyn`. */
  rest?: CelType
}

export const DYN: CelType = { kind: 'dyn' }
export const NULL: CelType = { kind: 'null' }
export const BOOL: CelType = { kind: 'bool' }
export const INT: CelType = { kind: 'int' }
export const DOUBLE: CelType = { kind: 'double' }
export const STRING: CelType = { kind: 'string' }

export const listOf = (items: CelType): ListType => ({ kind: 'list', items })

/** An object with these fields, all there, and no others, unless told otherwise. */
export const objectOf = (
  props: Record<string, CelType>,
  { required = Object.keys(props), open = false, rest }: Partial<Omit<ObjectType, 'kind' | 'props'>> = {},
): ObjectType => ({ kind: 'object', props, required, open, ...(rest && { rest }) })

/** The type of a value that is of one of these; `dyn` takes in all others. */
export function unionOf(...types: CelType[]): CelType {
  const [single, another] = types
  if (single && !another) return single
  const members: CelType[] = []
  for (const member of types.flatMap(alternatives)) {
    if (member.kind === 'dyn') return DYN
    if (!members.some((other) => isSame(other, member))) members.push(member)
  }
  const [only, second] = members
  if (!only) return DYN
  return second ? { kind: 'union', of: members } : only
}

export const nullable = (type: CelType): CelType => unionOf(type, NULL)

/** The type without null; null alone stays what it is. */
export function withoutNull(type: CelType): CelType {
  const members = alternatives(type).filter((member) => member.kind !== 'null')
  return members.length > 0 ? unionOf(...members) : type
}

/** What the type may be: the members of a union, or itself. */
export const alternatives = (type: CelType): CelType[] => (type.kind === 'union' ? type.of : [type])

export const isNullable = (type: CelType): boolean => alternatives(type).some(({ kind }) => kind === 'null')

/** The field's type, wherever it may be there; undefined if the object cannot have it. */
export function fieldOf(type: ObjectType, field: string): CelType | undefined {
  if (Object.hasOwn(type.props, field)) return type.props[field]
  return type.open ? (type.rest ?? DYN) : undefined
}

/** As a person reads it: `list of string`, `int or null`. */
export function describeType(type: CelType): string {
  if (type.kind === 'union') return type.of.map(describeType).join(' or ')
  if (type.kind === 'list') return type.items.kind === 'dyn' ? 'list' : `list of ${describeType(type.items)}`
  if (type.kind === 'optional') return `optional ${describeType(type.of)}`
  return type.kind === 'dyn' ? 'any value' : type.kind
}

/** Whether every value of the type is one of the other; `dyn` on either side always fits. An int fits a double. */
export function isAssignable(from: CelType, to: CelType): boolean {
  if (from.kind === 'dyn' || to.kind === 'dyn') return true
  if (from.kind === 'union') return from.of.every((member) => isAssignable(member, to))
  if (to.kind === 'union') return to.of.some((member) => isAssignable(from, member))
  if (from.kind === 'optional') return isAssignable(nullable(from.of), to)
  if (from.kind === 'list' && to.kind === 'list') return isAssignable(from.items, to.items)
  if (from.kind === 'object' && to.kind === 'object') return isObjectAssignable(from, to)
  return from.kind === to.kind || (from.kind === 'int' && to.kind === 'double')
}

function isObjectAssignable(from: ObjectType, to: ObjectType): boolean {
  const fields = new Set([...Object.keys(from.props), ...to.required])
  for (const field of fields) {
    const [given, taken] = [fieldOf(from, field), fieldOf(to, field)]
    if (to.required.includes(field) && !from.required.includes(field)) return false
    if (given && (!taken || !isAssignable(given, taken))) return false
  }
  return true
}

function isSame(a: CelType, b: CelType): boolean {
  if (a === b) return true
  if (a.kind === 'list' && b.kind === 'list') return isSame(a.items, b.items)
  if (a.kind === 'object' || a.kind === 'list' || a.kind === 'union' || a.kind === 'optional') return false
  return a.kind === b.kind
}
