import { alternatives, type CelType, DYN } from '@treadle/expressions'

/**
 * Types inside a type, each time it occurs. Values are made of values, so a type could double with every node: thirty of
 * `{ a: ${nodes.x}, b: ${nodes.x} }` come to billions. Past this a type is `dyn`, which says less and is never wrong.
 */
const SIZE_MAX = 300

const sizes = new WeakMap<CelType, number>()

/** The type, or `dyn` when it has become too large to look through. */
export function boundedType(type: CelType): CelType {
  return sizeOf(type) > SIZE_MAX ? DYN : type
}

/** Remembered for each type object, so that what is shared is counted once and added as often as it occurs. */
function sizeOf(type: CelType): number {
  const known = sizes.get(type)
  if (known !== undefined) return known
  const size = partsOf(type).reduce((total, part) => total + sizeOf(part), 1)
  sizes.set(type, size)
  return size
}

function partsOf(type: CelType): CelType[] {
  if (type.kind === 'union') return alternatives(type)
  if (type.kind === 'list') return [type.items]
  if (type.kind === 'optional') return [type.of]
  if (type.kind !== 'object') return []
  return [...Object.values(type.props), ...(type.rest ? [type.rest] : [])]
}
