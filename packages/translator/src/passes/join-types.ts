import {
  alternatives,
  type CelType,
  fieldOf,
  isAssignable,
  type ObjectType,
  objectOf,
  unionOf,
} from '@treadle/expressions'

/** A type that both fit: where both are objects one object, since a union of two says less and grows. */
export function joinTypes(a: CelType, b: CelType): CelType {
  if (a.kind === 'dyn' || b.kind === 'dyn') return { kind: 'dyn' }
  if (isAssignable(a, b)) return b
  if (isAssignable(b, a)) return a
  if (a.kind === 'object' && b.kind === 'object') return joinObjects(a, b)
  if (a.kind === 'list' && b.kind === 'list') return { kind: 'list', items: joinTypes(a.items, b.items) }
  return unionOf(...alternatives(a), ...alternatives(b))
}

function joinObjects(a: ObjectType, b: ObjectType): ObjectType {
  const props: Record<string, CelType> = {}
  for (const name of new Set([...Object.keys(a.props), ...Object.keys(b.props)])) {
    const [x, y] = [fieldOf(a, name), fieldOf(b, name)]
    const both = x && y ? joinTypes(x, y) : (x ?? y)
    if (both) props[name] = both
  }
  const required = a.required.filter((name) => b.required.includes(name))
  const rest = a.open && b.open && a.rest && b.rest ? { rest: joinTypes(a.rest, b.rest) } : {}
  return objectOf(props, { required, open: a.open || b.open, ...rest })
}
