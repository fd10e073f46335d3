import { isRecord } from '../program/is-record.ts'
import { valueAt } from '../source/pointer.ts'

/**
 * Schemas that a schema may come to once its references are followed, each way by itself and none into itself. Thirty lines
 * of `$ref`s to `$ref`s can come to billions, and whoever goes through them, a validator too, never ends.
 */
export const EXPANSION_MAX = 5000

const known = new WeakMap<object, boolean>()

/** Says whether a schema comes to more than that. */
export function isExplosive(root: object): boolean {
  const before = known.get(root)
  if (before !== undefined) return before
  const result = !isBounded(root)
  known.set(root, result)
  return result
}

function isBounded(root: object): boolean {
  // Only a reference can lead back: what stands in the text is a tree.
  const open = new Set<unknown>([root])
  let left = EXPANSION_MAX
  const visit = (value: unknown): boolean => {
    if (typeof value !== 'object' || value === null) return true
    return --left >= 0 && Object.values(value).every(visit) && visitTarget(targetOf(root, value))
  }
  const visitTarget = (target: unknown): boolean => {
    if (target === undefined || open.has(target)) return true
    open.add(target)
    const isFine = visit(target)
    open.delete(target)
    return isFine
  }
  return visit(root)
}

function targetOf(root: object, schema: object): unknown {
  if (!isRecord(schema) || typeof schema.$ref !== 'string' || !schema.$ref.startsWith('#')) return undefined
  return valueAt(root, schema.$ref.slice(1))
}
