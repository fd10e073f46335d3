import type { IrDocument, IrNode, IrTool } from '@treadle/contract'
import type { CelType, Doubles, Expression, Template } from '@treadle/expressions'
import type { Pointer } from '../source/pointer.ts'

/**
 * A document with its bodies, scopes and expressions resolved: what the passes after the schema work on.
 *
 * 1. Everything in it fits the schema: what does not was left out, and its node is not `sound`.
 * 2. Pointers are absolute: those of an inline workflow start at the root of the document that holds it.
 * 3. Built once; passes write only `deps`, `order`, types of scopes, and their own maps.
 */
export type Program = {
  document: IrDocument
  pointer: Pointer
  root: Body
  /** Every node, those of nested bodies included, not those of inline workflows. */
  nodes: ProgramNode[]
  tools: Map<string, ProgramTool>
  /** Says that parts were left out, so that "nothing uses it" cannot be said. */
  isPartial: boolean
  /** How many workflows this one is inside of. */
  runDepth: number
  /** Every node that an expression reads. Set by the names pass. */
  read: Set<ProgramNode>
  /** A workflow that was stored and checked before; no part of the document that is being translated. */
  isStored?: true
  /** The type of the output. Set by the types pass. */
  output?: CelType
}

/** Nodes with a scope of their own: the document's, or one inside a container. */
export type Body = {
  pointer: Pointer
  nodes: ProgramNode[]
  byId: Map<string, ProgramNode>
  /** A `do` of one node, which has no id of its own. */
  isSingle: boolean
  /** The node that this is a body of; undefined for the document's. */
  container: ProgramNode | undefined
  scope: Scope
  output: Slot | undefined
  /** Plan order: topological, ties by id in code-point order. Set by the graph pass. */
  order: ProgramNode[]
  depth: number
}

/** The names that an expression can read. The innermost wins. */
export type Scope = {
  outer: Scope | undefined
  /** The body whose `nodes` are in scope here, besides those further out. */
  body: Body | undefined
  /** Variables that this scope adds, with their types, known once the types pass has come this far. */
  variables: Record<string, CelType>
  /** The states that `states.<id>` can name, in a machine. */
  states?: ReadonlySet<string>
}

export type ProgramNode = {
  id: string
  ir: IrNode
  pointer: Pointer
  body: Body
  /** False when its own fields do not fit the schema: it has a name, and nothing else is known of it. */
  isSound: boolean
  slots: Map<string, Slot>
  /** Its bodies, in the order in which they are executed or tried; catch bodies last. */
  bodies: Inner[]
  /** The workflow of a `run`: the inline one, or the stored one once its name is resolved. */
  child: Program | undefined
  /** Nodes of the same body that have to finish first. Set by the graph pass. */
  deps: Set<ProgramNode>
}

export type InnerRole = 'case' | 'else' | 'do' | 'state' | 'catch'

/** A body of a node: of which case, state or catch entry. */
export type Inner = { role: InnerRole; key: string; body: Body }

export type ProgramTool = { name: string; ir: IrTool; pointer: Pointer; isSound: boolean; slots: Map<string, Slot> }

/** A place that holds expressions: a template, or bare CEL. */
export type Slot = {
  field: string
  pointer: Pointer
  isCel: boolean
  value: unknown
  scope: Scope
  /** The node that waits for what is read here; of the output of a body, its container. */
  owner: ProgramNode | undefined
  /** Its numbers are indexes of `parts`. */
  template: Template
  parts: SlotPart[]
}

/** One expression. `offset` is where its source begins in the text at `pointer`, in UTF-16 units. */
export type SlotPart = {
  source: string
  pointer: Pointer
  offset: number
  expression: Expression | undefined
  /** What it gives; anything before the types pass. */
  type: CelType
  /** Where it reads doubles. Set by the types pass. */
  doubles: Doubles | undefined
}
