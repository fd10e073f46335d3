import type { Json, PlanNode } from '@treadle/contract'
import type { Call } from '../engine.ts'

/** What a kind of node does: its output, or a Failure. `when`, `catch` and the node's end are not its business (node.ts). */
export type Kind<N extends PlanNode> = (call: Call<N>) => Promise<Json>

export type NodeOf<K extends PlanNode['kind']> = Extract<PlanNode, { kind: K }>
