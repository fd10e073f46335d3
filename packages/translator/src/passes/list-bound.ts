import { isRecord } from '../program/is-record.ts'
import type { ProgramNode } from '../program/program.ts'
import { resolveNode } from '../program/resolve.ts'
import { valueAt } from '../source/pointer.ts'
import { declaredSchema } from './declared-schema.ts'
import type { Typing } from './typing.ts'

type Known = Pick<Typing, 'program' | 'functions'>

/**
 * The most items that a map's list can have: `maxItems` of the schema that the list comes from, or the bound of the map
 * that made it. Undefined where nothing says so.
 */
export function listBoundOf(node: ProgramNode, known: Known): number | undefined {
  const slot = node.slots.get('over')
  const [only] = slot?.parts[0]?.expression?.references ?? []
  if (!slot || !only?.whole) return undefined
  const [root, ...path] = only.path
  if (root === 'input') return maxItemsAt(known.program.document.inputSchema, path)
  const target = root === 'nodes' && path[0] !== undefined ? resolveNode(slot.scope, path[0]) : undefined
  if (!target) return undefined
  const schema = declaredSchema(target, known)
  if (schema) return maxItemsAt(schema, path.slice(1))
  if (target.ir.kind === 'map' && path.length === 1) return mapBoundOf(target, known)
  const value =
    target.ir.kind === 'set'
      ? valueAt(
          target.ir.value,
          path
            .slice(1)
            .map((key) => `/${key}`)
            .join(''),
        )
      : undefined
  return Array.isArray(value) ? value.length : undefined
}

/** The most items of a map: its own `maxItems`, and what bounds its list; the smaller of the two. */
export function mapBoundOf(node: ProgramNode, known: Known): number | undefined {
  const own = node.ir.kind === 'map' && typeof node.ir.maxItems === 'number' ? node.ir.maxItems : undefined
  const list = listBoundOf(node, known)
  return own === undefined ? list : list === undefined ? own : Math.min(own, list)
}

/** `maxItems` of the place in what a schema takes, through `properties` and `$ref`. */
function maxItemsAt(root: unknown, path: string[]): number | undefined {
  let schema = deref(root, root)
  for (const key of path) {
    const properties = isRecord(schema) ? schema.properties : undefined
    schema = isRecord(properties) && Object.hasOwn(properties, key) ? deref(root, properties[key]) : undefined
  }
  return isRecord(schema) && typeof schema.maxItems === 'number' ? schema.maxItems : undefined
}

function deref(root: unknown, schema: unknown): unknown {
  let at = schema
  for (let hops = 0; isRecord(at) && typeof at.$ref === 'string' && hops < 32; hops++) {
    if (typeof at.maxItems === 'number') return at
    at = valueAt(root, at.$ref.replace(/^#/, ''))
  }
  return at
}
