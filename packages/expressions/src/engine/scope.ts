import type { Json } from '../json.ts'
import type { Reference } from '../references.ts'
import { type DoubleShape, type Doubles, propOf } from '../types/doubles.ts'
import { CelMap, hasOwn, isArray } from './globals.ts'
import { toCel } from './values.ts'

/**
 * The part of the scope that the references read, as CEL values. The rest is not converted: a run's scope holds the
 * outputs of all its nodes, and an expression reads a few.
 */
export function bindScope(references: Reference[], scope: Record<string, Json>, doubles: Doubles = {}) {
  const bound = new CelMap<string, unknown>()
  for (const [name, wanted] of wantedBy(references)) {
    const value = hasOwn(scope, name) ? scope[name] : undefined
    const shape = hasOwn(doubles, name) ? doubles[name] : undefined
    if (value !== undefined) bound.set(name, convert(value, wanted, shape))
  }
  return bound
}

/** What is read of a value: all of it, or these of its fields. */
type Wanted = 'all' | Map<string, Wanted>

function wantedBy(references: Reference[]): Map<string, Wanted> {
  const root = new CelMap<string, Wanted>()
  for (const { path } of references) {
    let at = root
    for (const [i, name] of path.entries()) {
      const known = at.get(name)
      if (known === 'all') break
      const isLast = i === path.length - 1
      const wanted: Wanted = isLast ? 'all' : (known ?? new CelMap())
      at.set(name, wanted)
      if (wanted !== 'all') at = wanted
    }
  }
  return root
}

function convert(value: Json, wanted: Wanted, shape?: DoubleShape): unknown {
  if (wanted === 'all' || typeof value !== 'object' || value === null || isArray(value)) return toCel(value, shape)
  const map = new CelMap<string, unknown>()
  for (const [key, inner] of wanted) {
    const item = hasOwn(value, key) ? value[key] : undefined
    if (item !== undefined) map.set(key, convert(item, inner, propOf(shape, key)))
  }
  return map
}
