import type { Json, NodeIndex, PlanBody, SegmentIndex } from '@treadle/contract'
import { at, type Engine, type Frame, pathOf } from './engine.ts'
import { runGroup } from './group.ts'
import { inside } from './memo.ts'
import { runNode } from './node.ts'
import { render } from './render.ts'
import { createScope } from './scope.ts'
import { runSegment } from './segment.ts'

/**
 * Executes a body: each node as soon as what it waits for has ended (completed, skipped, or failed and caught), in plan order where several
 * can start. Resolves to the body's output; rejects as `runGroup` says.
 */
export async function runBody(engine: Engine, index: number, frame: Frame): Promise<Json> {
  const body = at(engine.plan.bodies, index, 'body')
  const scope = createScope(frame.scope)
  const outputs = new Map<NodeIndex, Json>()
  const segments = segmentsOf(engine, body)
  const { missing, dependents } = edgesOf(engine, body, segments)

  await runGroup(frame.cancellation, ({ cancellation, spawn }) => {
    const start = (unit: Unit) => spawn(() => run(unit))
    const run = async (unit: Unit) => {
      const segment = segments.get(unit)
      if (segment === undefined) return settle(unit, await runOne(unit))
      const { nodes } = at(engine.plan.segments, segment, 'segment')
      const isRest = frame.path === '' && index === 0 && outputs.size + nodes.length === body.nodes.length
      const call = { segment, frame: { ...frame, scope, cancellation }, isRest }
      for (const [nodeIndex, output] of await runSegment(engine, call)) settle(nodeIndex, output)
    }
    const runOne = (nodeIndex: NodeIndex) => {
      const node = at(engine.plan.nodes, nodeIndex, 'node')
      const path = pathOf(frame.path, node.id)
      const memo = inside(frame.memo, node.id)
      return runNode({ engine, node, path, scope, cancellation, memo, recorded: false })
    }
    const settle = (nodeIndex: NodeIndex, output: Json) => {
      const { id } = at(engine.plan.nodes, nodeIndex, 'node')
      outputs.set(nodeIndex, output)
      if (id !== '') scope.values.set(`nodes.${id}`, output)
      for (const dependent of dependents.get(nodeIndex) ?? []) {
        const left = (missing.get(dependent) ?? 0) - 1
        missing.set(dependent, left)
        if (left === 0) start(dependent)
      }
    }
    for (const [unit, count] of missing) if (count === 0) start(unit)
  })
  return outputOf(engine, body, outputs, { ...frame, scope })
}

/** What starts as one: a node, or a segment by its first node in plan order. */
type Unit = NodeIndex

/** The segments of the body by unit, with a host that executes them. */
function segmentsOf({ plan, host }: Engine, { nodes }: PlanBody): Map<Unit, SegmentIndex> {
  const segments = new Map<Unit, SegmentIndex>()
  if (!host.executeSegment) return segments
  for (const index of nodes) {
    const { placement } = at(plan.nodes, index, 'node')
    if (placement.in === 'segment')
      segments.set(at(plan.segments, placement.segment, 'segment').nodes[0] ?? index, placement.segment)
  }
  return segments
}

/** In plan order. All that a segment waits for outside of it holds before its first node could start (translator, segments.ts). */
function edgesOf({ plan }: Engine, body: PlanBody, segments: ReadonlyMap<Unit, SegmentIndex>) {
  const members = new Set(body.nodes)
  const unitOf = new Map<NodeIndex, Unit>()
  for (const [unit, segment] of segments)
    for (const index of at(plan.segments, segment, 'segment').nodes) unitOf.set(index, unit)
  const missing = new Map<Unit, number>()
  const dependents = new Map<NodeIndex, Unit[]>()
  for (const index of body.nodes) {
    const unit = unitOf.get(index) ?? index
    const deps = at(plan.nodes, index, 'node').deps.filter(
      (dep) => members.has(dep) && (unitOf.get(dep) ?? dep) !== unit,
    )
    missing.set(unit, (missing.get(unit) ?? 0) + deps.length)
    for (const dep of deps) {
      const list = dependents.get(dep)
      if (list) list.push(unit)
      else dependents.set(dep, [unit])
    }
  }
  return { missing, dependents }
}

async function outputOf(
  engine: Engine,
  body: PlanBody,
  outputs: ReadonlyMap<NodeIndex, Json>,
  frame: Frame,
): Promise<Json> {
  if (body.output) return render({ engine, path: frame.path, scope: frame.scope }, body.output)
  const all = body.nodes.map((index) => [at(engine.plan.nodes, index, 'node').id, outputs.get(index) ?? null] as const)
  const [only] = all
  return body.single && only ? only[1] : Object.fromEntries(all)
}
