import {
  APPROVAL_SCHEMA,
  type Plan,
  type PlanBody,
  type PlanLimits,
  type PlanModel,
  type PlanNode,
  type PlanSegment,
  type PlanSignal,
} from '@treadle/contract'
import type { ModelTable } from '@treadle/contract/settings'
import { parseDuration } from '../program/duration.ts'
import type { Body, Program, ProgramNode } from '../program/program.ts'
import { approvalSignals } from './approvals.ts'
import { lowerNode } from './lower-node.ts'
import { lowerTools } from './lower-tools.ts'
import type { Lowering, LowerOptions } from './lowering.ts'
import { lowerParams } from './params.ts'
import { planSegments } from './segments.ts'
import { createTables, type PlanBlob, type Tables } from './tables.ts'

/**
 * Pass 7: the plan. Bodies are numbered from the outside in, nodes by body and plan order, expressions and schemas as they
 * are met, members by name: nothing depends on the order of keys in the document. A text that is too large goes to `blobs`.
 */
export function lowerProgram(program: Program, options: LowerOptions, blobs: Map<string, PlanBlob>): Plan {
  const tables = createTables()
  const tools = lowerTools(program.tools, tables, options.functions)
  const { document } = program
  const inputSchema = document.inputSchema === undefined ? {} : { inputSchema: tables.schema(document.inputSchema) }

  const numbered = numberAll(program)
  const lowering: Lowering = {
    program,
    options,
    tables,
    lowerChild: (child) => lowerProgram(child, options, blobs),
    bodyNumber: (body) => numbered.bodies.indexOfBody(body),
    nodeNumber: (node) => numbered.nodes.get(node) ?? -1,
  }
  const segments: PlanSegment[] = []
  const bodies: PlanBody[] = []
  const nodes: PlanNode[] = []
  for (const body of numbered.bodies.all) {
    const placements = planSegments(body, program, numbered.nodes, numbered.bodies.indexOfBody(body), segments)
    bodies.push(lowerBody(body, lowering))
    for (const node of body.order) nodes.push(lowerNode(node, placements.get(node) ?? { in: 'workflow' }, lowering))
  }
  for (const [sha256, blob] of tables.blobs) blobs.set(sha256, blob)
  return {
    plan: 1,
    name: document.name,
    expressions: tables.expressions,
    schemas: tables.schemas,
    ...inputSchema,
    models: lowerModels(program, options.models),
    tools,
    limits: lowerLimits(program),
    bodies,
    nodes,
    segments,
    signals: lowerSignals(program, tables),
    longRunning: options.isLongRunning(program),
  } as Plan
}

/** Bodies level by level in plan order; the nodes of a body have numbers in a row. */
function numberAll(program: Program) {
  const all: Body[] = [program.root]
  const nodes = new Map<ProgramNode, number>()
  for (const body of all) {
    for (const node of body.order) {
      nodes.set(node, nodes.size)
      all.push(...innerBodies(node))
    }
  }
  const numbers = new Map(all.map((body, index) => [body, index]))
  return { nodes, bodies: { all, indexOfBody: (body: Body) => numbers.get(body) ?? -1 } }
}

/** A machine's states by id; cases, the other branch and catch entries as written. */
function innerBodies(node: ProgramNode): Body[] {
  const rank = ({ role, key }: ProgramNode['bodies'][number]) => (role === 'state' ? key : '')
  return [...node.bodies].sort((a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0)).map(({ body }) => body)
}

function lowerBody(body: Body, { tables, nodeNumber }: Lowering): PlanBody {
  return {
    nodes: body.order.map(nodeNumber),
    ...(body.output ? { output: tables.template(body.output) } : {}),
    ...(body.isSingle ? { single: true } : {}),
    ...(body.container ? { container: nodeNumber(body.container) } : {}),
  }
}

function lowerModels({ document }: Program, facts: ModelTable): Record<string, PlanModel> {
  return Object.fromEntries(
    Object.keys(document.models ?? {})
      .sort()
      .flatMap((name) => {
        const model = document.models?.[name]
        if (!model) return []
        const cap = Object.hasOwn(facts, model.model) ? facts[model.model]?.maxOutputTokens : undefined
        const lowered: PlanModel = {
          provider: model.provider,
          model: model.model,
          ...(cap === undefined ? {} : { maxOutputTokens: cap }),
          ...lowerParams(model.params),
          ...(model.apiKey ? { apiKey: model.apiKey } : {}),
        }
        return [[name, lowered] as const]
      }),
  )
}

function lowerLimits({ document: { limits = {} } }: Program): PlanLimits {
  const { duration, onExceeded = 'fail', nodeRuns, llmCalls, tokens, costUsd } = limits
  const durationMs = parseDuration(duration)
  return {
    onExceeded,
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(nodeRuns === undefined ? {} : { nodeRuns }),
    ...(llmCalls === undefined ? {} : { llmCalls }),
    ...(tokens === undefined ? {} : { tokens }),
    ...(costUsd === undefined ? {} : { costUsd }),
  }
}

/** One entry for each name and schema; in the order of both. */
function lowerSignals(program: Program, tables: Tables): PlanSignal[] {
  const signals = new Map<string, PlanSignal>()
  const add = (signal: PlanSignal) => signals.set(`${signal.name} ${signal.schema ?? ''}`, signal)
  const names: string[] = []
  for (const { ir } of program.nodes) {
    if (ir.kind === 'receive') {
      add({ name: ir.signal, ...(ir.outputSchema ? { schema: tables.schema(ir.outputSchema) } : {}) })
    }
    if (ir.kind !== 'agent') continue
    for (const agent of [ir, ...Object.values(ir.handoffs ?? {})]) names.push(...(agent?.approve ?? []))
  }
  if (names.length > 0) {
    const schema = tables.schema(APPROVAL_SCHEMA)
    for (const tool of new Set(names)) {
      for (const name of approvalSignals(tool, program.tools)) add({ name, schema })
    }
  }
  return [...signals.values()].sort((a, b) =>
    a.name === b.name ? (a.schema ?? -1) - (b.schema ?? -1) : a.name < b.name ? -1 : 1,
  )
}
