import type { BodyIndex, NodeIndex, Plan, PlanNode, PlanPart, Template } from '@treadle/contract'
import { at } from './engine.ts'
import { findTool } from './resolve-tool.ts'
import { prepareTemplate } from './template.ts'

/** What is cut out: these nodes of a body with all that is inside of them; `withOutput`: and the body's output, where its other nodes are done. */
export type Cut = { body: BodyIndex; nodes: readonly NodeIndex[]; withOutput: boolean }

/** `roots`: the names that it reads, inner ones among them. `timeoutMs`: the longest that one attempt in it may take. */
export type CutPart = { plan: PlanPart; roots: string[]; timeoutMs: number }

// Plans are never changed, so what was cut once serves all runs of a plan that is still in memory.
const known = new WeakMap<Plan, Map<string, CutPart>>()

/**
 * The part of a plan that executes some nodes of one body, under the plan's own numbers: what travels with a segment, so that its executor
 * needs nothing else of the plan.
 */
export function planPartOf(plan: Plan, cut: Cut): CutPart {
  const parts = known.get(plan) ?? new Map<string, CutPart>()
  known.set(plan, parts)
  const key = `${cut.body} ${cut.nodes[0]} ${cut.withOutput}`
  const part = parts.get(key) ?? makePart(plan, cut)
  parts.set(key, part)
  return part
}

function makePart(plan: Plan, { body, nodes, withOutput }: Cut): CutPart {
  const part: Required<PlanPart> = { bodies: {}, nodes: {}, expressions: {}, schemas: {}, tools: {} }
  const roots = new Set<string>()
  let timeoutMs = 0

  const { output, ...own } = at(plan.bodies, body, 'body')
  part.bodies[body] = withOutput ? { ...own, ...(output && { output }) } : { ...own, nodes: [...nodes] }
  if (withOutput) {
    addTemplate(output)
    // The other nodes are done: of them only the names are needed.
    for (const index of own.nodes) part.nodes[index] = at(plan.nodes, index, 'node')
  }
  for (const index of nodes) addNode(index)
  return { plan: part, roots: [...roots], timeoutMs }

  function addNode(index: NodeIndex): void {
    const node = at(plan.nodes, index, 'node')
    part.nodes[index] = node
    timeoutMs = Math.max(timeoutMs, node.timeoutMs ?? 0)
    addExpression(node.when)
    addSchema(node.outputSchema)
    for (const entry of node.catch ?? []) addBody(entry.body)
    addKind(node)
  }

  function addKind(node: PlanNode): void {
    for (const template of templatesOf(node)) addTemplate(template)
    switch (node.kind) {
      case 'tool':
        addTool(node.tool)
        break
      case 'switch':
        for (const { when, body: taken } of node.cases) {
          addExpression(when)
          addBody(taken)
        }
        addBody(node.else)
        break
      case 'map':
        addExpression(node.over)
        addBody(node.do)
        break
      case 'loop':
        addExpression(node.until)
        addBody(node.do)
        break
      case 'machine':
        for (const state of Object.values(node.states)) {
          addBody(state?.body)
          for (const { when } of state?.next ?? []) addExpression(when)
        }
        break
      case 'graph':
        addBody(node.do)
        break
    }
  }

  function addBody(index: BodyIndex | undefined): void {
    if (index === undefined) return
    const inner = at(plan.bodies, index, 'body')
    part.bodies[index] = inner
    addTemplate(inner.output)
    for (const node of inner.nodes) addNode(node)
  }

  function addTool(name: string): void {
    const { entry } = findTool(plan, name)
    part.tools[name] = entry
    addSchema(entry.inputSchema)
    addSchema(entry.outputSchema)
    timeoutMs = Math.max(timeoutMs, entry.timeoutMs ?? 0)
    if (entry.kind !== 'http') return
    addTemplate(entry.url)
    addTemplate(entry.query)
    addTemplate(entry.body)
    for (const header of Object.values(entry.headers ?? {}))
      if (header !== undefined && !('secret' in header)) addTemplate(header)
  }

  function addTemplate(template: Template | undefined): void {
    if (template) for (const index of prepareTemplate(template).expressions) addExpression(index)
  }

  function addExpression(index: number | undefined): void {
    if (index === undefined) return
    const expression = at(plan.expressions, index, 'expression')
    part.expressions[index] = expression
    for (const root of expression.roots) roots.add(root)
  }

  function addSchema(index: number | undefined): void {
    if (index !== undefined) part.schemas[index] = at(plan.schemas, index, 'schema')
  }
}

/** The templates of its kind. */
function templatesOf(node: PlanNode): (Template | undefined)[] {
  switch (node.kind) {
    case 'tool':
      return [node.args]
    case 'set':
      return [node.value]
    case 'emit':
      return [node.data]
    case 'fail':
      return [node.message, node.details]
    case 'loop':
      return [node.state, node.next]
    case 'machine':
      return [node.output]
    case 'switch':
    case 'map':
    case 'graph':
    case 'checkpoint':
      return []
    default:
      throw new Error(`A node of kind ${node.kind} is in no segment.`)
  }
}

/** A plan that has just what is in the part; elsewhere its lists have holes. */
export function planOfPart({ bodies, nodes, expressions, schemas, tools }: PlanPart): Plan {
  const listOf = <T>(entries: { [index: string]: T }): T[] => Object.assign([], entries)
  return {
    plan: 1,
    name: 'segment',
    expressions: listOf(expressions),
    schemas: listOf(schemas),
    models: {},
    tools,
    limits: { onExceeded: 'fail' },
    bodies: listOf(bodies),
    nodes: listOf(nodes),
    segments: [],
    signals: [],
    longRunning: false,
  } as unknown as Plan
}
