import type { BodyIndex, Json, Plan, PlanNode, Usage } from '@treadle/contract'
import type { Cancellation } from './cancellation.ts'
import type { Host } from './host.ts'
import { inside, type MemoEntry } from './memo.ts'
import type { Scope } from './scope.ts'

/** What all nodes of a run share. */
export type Engine = {
  readonly plan: Plan
  readonly host: Host
  /** Of a fork: outputs by path that are taken as given. Nothing is executed and nothing emitted for them. */
  readonly reused: ReadonlyMap<string, Json>
  /** Executes a body; here so that the kinds of nodes that have bodies need not import what imports them. */
  runBody(index: BodyIndex, frame: Frame): Promise<Json>
}

/** One execution of a body. `path` is the container's with its place, empty for the document. */
export type Frame = {
  readonly path: string
  readonly scope: Scope
  readonly cancellation: Cancellation
  readonly memo: MemoEntry
}

/** One execution of a node. */
export type Call<N extends PlanNode = PlanNode> = Frame & {
  readonly engine: Engine
  readonly node: N
  /** Set when a worker has written that the node failed or was cancelled. */
  recorded: boolean
  /** Of a child run: what it used. Its end is told with it. */
  usage?: Usage
}

/** A frame for a body of `call`: `place` is `[3]`, `#2`, `@1:draft`, `?else`, `!0`, or empty for a `graph`. */
export const frameAt = (call: Call, place: string, scope: Scope, cancellation: Cancellation): Frame => ({
  path: `${call.path}${place}`,
  scope,
  cancellation,
  memo: inside(call.memo, place),
})

/** `items[3]` and `score` give `items[3].score`; the node of a `single` body has no id and is at the container's place itself. */
export function pathOf(framePath: string, id: string): string {
  if (id === '') return framePath
  return framePath === '' ? id : `${framePath}.${id}`
}

/** The entry of a flat array of the plan. The translator makes the indexes, so a hole is an error of ours. */
export function at<T>(list: readonly T[], index: number, what: string): T {
  const entry = list[index]
  if (entry === undefined) throw new Error(`The plan has no ${what} ${index}.`)
  return entry
}
