import type { Json, PlanNode } from '@treadle/contract'
import type { Call } from '../engine.ts'
import { runAgent } from './agent.ts'
import { runCheckpoint } from './checkpoint.ts'
import { runEmit } from './emit.ts'
import { runFail } from './fail.ts'
import { runGraph } from './graph.ts'
import type { Kind, NodeOf } from './kind.ts'
import { runLlm } from './llm.ts'
import { runLoop } from './loop.ts'
import { runMachine } from './machine.ts'
import { runMap } from './map.ts'
import { runReceive } from './receive.ts'
import { runRun } from './run.ts'
import { runSet } from './set.ts'
import { runSwitch } from './switch.ts'
import { runTool } from './tool.ts'
import { runWait } from './wait.ts'

/** Every kind of node. The compiler refuses a table that lacks one. */
const KINDS: { [K in PlanNode['kind']]: Kind<NodeOf<K>> } = {
  llm: runLlm,
  agent: runAgent,
  tool: runTool,
  set: runSet,
  switch: runSwitch,
  map: runMap,
  loop: runLoop,
  machine: runMachine,
  graph: runGraph,
  wait: runWait,
  receive: runReceive,
  run: runRun,
  emit: runEmit,
  checkpoint: runCheckpoint,
  fail: runFail,
}

export function runKind(call: Call): Promise<Json> {
  // The table pairs each kind with its own function, which an index by a union cannot express.
  const kind = KINDS[call.node.kind] as Kind<PlanNode>
  return kind(call)
}
