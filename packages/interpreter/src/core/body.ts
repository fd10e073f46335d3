import type { Json, NodeIndex, PlanBody } from '@treadle/contract'
import { at, type Engine, type Frame, pathOf } from './engine.ts'
import { runGroup } from './group.ts'
import { inside } from './memo.ts'
import { runNode } from './node.ts'
import { render } from './render.ts'
import { createScope } from './scope.ts'

/**
 * Executes a body: each node as soon as what it waits for has ended (completed, skipped, or failed and caught), in plan order where several
 * can start. Resolves to the body's output; rejects as `runGroup` says.
 */
export async function runBody(engine: Engine, index: number, frame: Frame): Promise<Json> {
  const body = at(engine.plan.bodies, index, 'body')
  const scope = createScope(frame.scope)
  const outputs = new Map<NodeIndex, Json>()
  const { missing, dependents } = edgesOf(engine, body)

  await runGroup(frame.cancellation, ({ cancellation, spawn }) => {
    const start = (nodeIndex: NodeIndex) => spawn(() => run(nodeIndex))
    const run = async (nodeIndex: NodeIndex) => {
      const node = at(engine.plan.nodes, nodeIndex, 'node')
      const path = pathOf(frame.path, node.id)
      const memo = inside(frame.memo, node.id)
      const output = await runNode({ engine, node, path, scope, cancellation, memo, recorded: false })

      outputs.set(nodeIndex, output)
      if (node.id !== '') scope.values.set(`nodes.${node.id}`, output)
      for (const dependent of dependents.get(nodeIndex) ?? []) {
        const left = (missing.get(dependent) ?? 0) - 1
        missing.set(dependent, left)
        if (left === 0) start(dependent)
      }
    }
    for (const nodeIndex of body.nodes) if (missing.get(nodeIndex) === 0) start(nodeIndex)
  })
  return outputOf(engine, body, outputs, { ...frame, scope })
}

function edgesOf(engine: Engine, body: PlanBody) {
  const members = new Set(body.nodes)
  const missing = new Map<NodeIndex, number>()
  const dependents = new Map<NodeIndex, NodeIndex[]>()
  for (const index of body.nodes) {
    const deps = at(engine.plan.nodes, index, 'node').deps.filter((dep) => members.has(dep))
    missing.set(index, deps.length)
    for (const dep of deps) {
      const list = dependents.get(dep)
      if (list) list.push(index)
      else dependents.set(dep, [index])
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
