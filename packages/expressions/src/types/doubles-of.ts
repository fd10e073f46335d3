import type { Reference } from '../references.ts'
import { alternatives, type CelType } from './cel-type.ts'
import { type DoubleShape, type Doubles, mergeShapes } from './doubles.ts'

/** Where doubles are in what the references read; undefined if nowhere. */
export function doublesOf(references: readonly Reference[], variables: Record<string, CelType>): Doubles | undefined {
  const doubles = new Map<string, DoubleShape>()
  for (const { path } of references) {
    const [root = '', ...fields] = path
    const type = Object.hasOwn(variables, root) ? variables[root] : undefined
    const shape = type && shapeAlong(type, fields)
    if (shape) doubles.set(root, mergeShapes(doubles.get(root) ?? {}, shape))
  }
  return doubles.size > 0 ? Object.fromEntries(doubles) : undefined
}

/** The shape of what stands at the end of the path, as seen from its start. */
function shapeAlong(type: CelType, [field, ...below]: string[]): DoubleShape | undefined {
  if (field === undefined) return shapeOf(type)
  const shapes = alternatives(type).flatMap((member) => {
    if (member.kind !== 'object') return []
    const inner = Object.hasOwn(member.props, field) ? member.props[field] : member.rest
    const shape = inner && shapeAlong(inner, below)
    return shape ? [{ props: Object.fromEntries([[field, shape]]) }] : []
  })
  return mergeAll(shapes)
}

const shapes = new WeakMap<CelType, { shape: DoubleShape | undefined }>()

/** Worked out once for each type: a document reads the same input in every expression, and it can be large. */
function shapeOf(type: CelType): DoubleShape | undefined {
  let known = shapes.get(type)
  if (!known) {
    known = { shape: findShape(type) }
    shapes.set(type, known)
  }
  return known.shape
}

function findShape(type: CelType): DoubleShape | undefined {
  switch (type.kind) {
    case 'double':
      return { double: true }
    case 'union':
      return mergeAll(type.of.flatMap((member) => shapeOf(member) ?? []))
    case 'list': {
      const each = shapeOf(type.items)
      return each && { each }
    }
    case 'object': {
      const each = type.rest && shapeOf(type.rest)
      // Beside `each` every property is named, as those without doubles are exceptions from it.
      const props = Object.entries(type.props).flatMap(([name, prop]) => {
        const shape = shapeOf(prop) ?? (each && {})
        return shape ? [[name, shape] as const] : []
      })
      if (props.length === 0) return each && { each }
      return { props: Object.fromEntries(props), ...(each && { each }) }
    }
    default:
      return undefined
  }
}

const mergeAll = (shapes: DoubleShape[]): DoubleShape | undefined =>
  shapes.length > 0 ? shapes.reduce(mergeShapes) : undefined
