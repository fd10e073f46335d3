import type { BodyIndex, Json, PlanPart } from '@treadle/contract'
import { runBody } from './body.ts'
import type { Cancellation } from './cancellation.ts'
import type { Engine } from './engine.ts'
import type { Host } from './host.ts'
import type { MemoEntry } from './memo.ts'
import { planOfPart } from './plan-part.ts'
import { keep } from './render.ts'
import { createScope } from './scope.ts'

export type RunPartOptions = {
  plan: PlanPart
  /** The body whose nodes are executed, and its path: the container's with its place, empty for the document. */
  body: BodyIndex
  path: string
  /** Names that are read and come from outside. */
  scope: Record<string, Json>
  memo: MemoEntry
  reused?: Record<string, Json>
  host: Host
  cancellation: Cancellation
  /** The body's output is wanted: it is kept as a handle where it is large. Default: it is left alone. */
  keepOutput?: boolean
}

/** Executes a part of a plan, as `runPlan` does a whole one. Resolves to the body's output. */
export async function runPart({
  plan,
  body,
  path,
  scope,
  memo,
  reused = {},
  host,
  cancellation,
  keepOutput = false,
}: RunPartOptions): Promise<Json> {
  const engine: Engine = {
    plan: planOfPart(plan),
    host,
    reused: new Map(Object.entries(reused)),
    runBody: (index, frame) => runBody(engine, index, frame),
  }
  const frame = { path, scope: createScope(undefined, scope), cancellation, memo }
  const output = await engine.runBody(body, frame)
  return keepOutput ? keep({ engine, path, scope: frame.scope }, output) : output
}
