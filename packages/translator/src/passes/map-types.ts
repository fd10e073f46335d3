import {
  type CelType,
  DYN,
  INT,
  listOf,
  NULL,
  nullable,
  objectOf,
  STRING,
  unionOf,
  withoutNull,
} from '@treadle/expressions'
import type { ProgramNode } from '../program/program.ts'
import { setVariables, typeInner } from './inner-types.ts'
import { listBoundOf } from './list-bound.ts'
import type { Typing } from './typing.ts'

/** The output of a map: a list of what its body gives. Says where nothing bounds the items. */
export function typeMap(node: ProgramNode, typing: Typing): CelType {
  if (node.ir.kind !== 'map') return DYN
  const over = node.slots.get('over')
  const list = over ? withoutNull(typing.slots.check(over, nullable(listOf(DYN)))) : DYN
  const item = list.kind === 'list' ? list.items : DYN
  const inner = node.bodies.find(({ role }) => role === 'do')
  if (inner) setVariables(inner.body.scope, { item, index: INT })
  if (node.isSound && node.ir.maxItems === undefined && listBoundOf(node, typing) === undefined) {
    const message = 'nothing bounds how many items this map has'
    typing.slots.report({ code: 'missing-bound', path: node.pointer, message, spot: { at: 'key' } })
  }
  const [output = NULL] = typeInner(node, 'do', typing)
  return listOf(node.ir.onItemError === 'collect' ? orError(output) : output)
}

/** What `collect` puts in the place of a failed item. With an object: one type of both, so that `has(each.error)` can be asked. */
function orError(output: CelType): CelType {
  if (output.kind !== 'object') return unionOf(output, ITEM_ERROR)
  return objectOf({ ...output.props, ...ITEM_ERROR.props }, { ...output, required: [] })
}

const ITEM_ERROR = objectOf({ error: objectOf({ type: STRING, message: STRING }) })
