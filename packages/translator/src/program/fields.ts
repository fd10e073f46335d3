import type { IrNode } from '@treadle/contract'
import { type CelType, DYN, INT } from '@treadle/expressions'
import { child } from '../source/pointer.ts'
import { isRecord } from './is-record.ts'
import type { InnerRole } from './program.ts'

type Names = { variables: Record<string, CelType>; states?: ReadonlySet<string> }

/** A part of a node that holds expressions, nodes or a workflow; `at` is its pointer inside the node. */
export type Field = { at: string; value: unknown; names?: Names } & (
  | { is: 'cel' | 'template'; name: string }
  | { is: 'body'; role: InnerRole; key: string; isGraph?: true }
  | { is: 'workflow' }
)

/**
 * Every such part of a node, by its kind: the one place that knows which field is what, and which names it brings.
 * Takes nodes that do not fit the schema too; what is not of the expected type is passed over.
 */
export function fieldsOf(ir: IrNode): Field[] {
  const fields: Field[] = []
  if (ir.when !== undefined) fields.push(cel('when', ir.when))
  fields.push(...ownFields(ir))
  for (const [index, entry] of list(ir.catch)) {
    fields.push(body('catch', index, `/catch/${index}/do`, entry.do, { variables: { error: DYN } }))
  }
  return fields.filter((field) => field.value !== undefined && (field.is !== 'cel' || typeof field.value === 'string'))
}

function ownFields(ir: IrNode): Field[] {
  switch (ir.kind) {
    case 'llm':
      return [
        template('system', ir.system),
        template('prompt', ir.prompt),
        ...list(ir.messages).map(([index, message]) => template(`messages/${index}/content`, message.content)),
      ]
    case 'agent':
      return [
        template('instructions', ir.instructions),
        template('input', ir.input),
        ...entries(ir.handoffs).map(([name, agent]) => template(`handoffs/${name}/instructions`, agent.instructions)),
      ]
    case 'tool':
      return [template('args', ir.args)]
    case 'set':
      return [template('value', ir.value)]
    case 'switch':
      return [
        ...list(ir.cases).flatMap(([index, entry]) => [
          cel(`cases/${index}/when`, entry.when),
          body('case', index, `/cases/${index}/do`, entry.do),
        ]),
        body('else', '', '/else', ir.else),
      ]
    case 'map':
      return [cel('over', ir.over), body('do', '', '/do', ir.do, { variables: { item: DYN, index: INT } })]
    case 'loop':
      return [
        template('state', ir.state),
        body('do', '', '/do', ir.do, { variables: { state: DYN, iteration: INT } }),
        { ...template('next', ir.next), names: LOOP_END() },
        { ...cel('until', ir.until), names: LOOP_END() },
      ]
    case 'machine':
      return machineFields(ir.states, ir.output)
    case 'graph':
      return [{ ...body('do', '', '', ir), isGraph: true }]
    case 'wait':
      return [template('for', ir.for), cel('until', ir.until)]
    case 'receive':
      return [template('default', ir.default), template('title', ir.title), template('form', ir.form)]
    case 'run':
      return [template('input', ir.input), ...(isRecord(ir.workflow) ? [workflow(ir.workflow)] : [])]
    case 'emit':
      return [template('data', ir.data)]
    case 'fail':
      return [template('message', ir.message), template('details', ir.details)]
    default:
      return []
  }
}

function machineFields(states: unknown, output: unknown): Field[] {
  const ids = new Set(entries(states).map(([id]) => id))
  const names = (variables: Record<string, CelType> = {}): Names => ({ variables, states: ids })
  return [
    ...entries(states).flatMap(([id, state]) => [
      body('state', id, `${child('/states', id)}/do`, state.do, names()),
      ...list(state.next).map(([index, transition]) => ({
        ...cel(`states/${id}/next/${index}/when`, transition.when),
        names: names({ result: DYN }),
      })),
    ]),
    { ...template('output', output), names: names() },
  ]
}

const LOOP_END = (): Names => ({ variables: { state: DYN, iteration: INT, result: DYN } })

const cel = (name: string, value: unknown) => ({ is: 'cel' as const, name, at: `/${name}`, value })

const template = (name: string, value: unknown) => ({ is: 'template' as const, name, at: `/${name}`, value })

const workflow = (value: unknown) => ({ is: 'workflow' as const, at: '/workflow', value })

function body(role: InnerRole, key: string | number, at: string, value: unknown, names?: Names) {
  return { is: 'body' as const, role, key: String(key), at, value, ...(names ? { names } : {}) }
}

type Loose = Record<string, unknown>

/** The objects of what should be a list of objects, with their places. */
function list(value: unknown): [number, Loose][] {
  if (!Array.isArray(value)) return []
  return value.flatMap((item, index) => (isRecord(item) ? [[index, item] as [number, Loose]] : []))
}

function entries(value: unknown): [string, Loose][] {
  if (!isRecord(value)) return []
  return Object.entries(value).filter((entry): entry is [string, Loose] => isRecord(entry[1]))
}
