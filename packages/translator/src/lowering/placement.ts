import type { Runtime } from '@treadle/contract'
import { parseDuration } from '../program/duration.ts'
import type { Program, ProgramNode, ProgramTool } from '../program/program.ts'
import { DEFAULT_LLM_TIMEOUT_MS, defaultToolTimeoutMs, SHORT_MS } from './timeouts.ts'

/** How a node is executed by itself. `short` and `value` can be part of a segment. */
export type Manner = 'workflow' | 'value' | 'short' | 'activity'

/** Kinds that a worker executes; all others are the workflow's own. */
const EXECUTED = new Set(['llm', 'agent', 'tool', 'emit', 'checkpoint'])

/** Kinds with bodies that wait for nothing but what is in them. */
const CONTAINERS = new Set(['switch', 'map', 'loop', 'machine', 'graph'])

/**
 * Where a node belongs, before its neighbours are looked at. Short are calls of http and function tools in TypeScript with a
 * timeout of at most 5 s, `emit` and `checkpoint`, and containers of nothing but short nodes and values. `placement` of the node
 * wins where that is possible; `execution.fuse: never` wins over it.
 */
export function mannerOf(node: ProgramNode, program: Program): Manner {
  const manner = ownMannerOf(node, program)
  if ((manner !== 'short' && manner !== 'value') || !isTimed(node, program)) return manner
  return EXECUTED.has(node.ir.kind) ? 'activity' : 'workflow'
}

// Nodes of a program are never changed, and a container's manner is asked for with each node in it.
const known = new WeakMap<ProgramNode, Manner>()

function ownMannerOf(node: ProgramNode, program: Program): Manner {
  const manner = known.get(node) ?? findManner(node, program)
  known.set(node, manner)
  return manner
}

function findManner(node: ProgramNode, program: Program): Manner {
  const { ir, bodies } = node
  const isExecuted = EXECUTED.has(ir.kind)
  const alone = isExecuted ? 'activity' : 'workflow'
  if (program.document.execution?.fuse === 'never' || ir.placement === 'activity') return alone

  const inner = bodies.flatMap(({ body }) => body.order.map((each) => ownMannerOf(each, program)))
  if (inner.some((manner) => manner === 'workflow' || manner === 'activity')) return alone
  if (isExecuted) {
    const isWanted = ir.placement === 'segment' || isShort(node, program)
    return isWanted && canBeShort(node, program) ? 'short' : alone
  }
  if (inner.includes('short')) return 'short'
  return ir.kind === 'set' || ir.kind === 'fail' || CONTAINERS.has(ir.kind) ? 'value' : alone
}

/**
 * Says whether the workflow bounds the time of a container around the node: its timers stand still while it executes a segment. A container
 * that is part of a segment as a whole is bounded by the segment's executor.
 */
function isTimed({ body: { container } }: ProgramNode, program: Program): boolean {
  if (!container) return false
  const isBound = CONTAINERS.has(container.ir.kind) && container.ir.timeout !== undefined
  return (isBound && ownMannerOf(container, program) === 'workflow') || isTimed(container, program)
}

/** A result from the cache, and one of another language, is left to an activity. */
function canBeShort(node: ProgramNode, program: Program): boolean {
  if (node.ir.cache || runtimeOf(node, program) !== 'typescript') return false
  return node.ir.kind === 'tool'
    ? toolFor(node, program)?.ir.kind !== 'mcp'
    : node.ir.kind !== 'llm' && node.ir.kind !== 'agent'
}

function isShort(node: ProgramNode, program: Program): boolean {
  return node.ir.kind !== 'tool' || (timeoutMsOf(node, program) ?? SHORT_MS) <= SHORT_MS
}

/** The language that executes a node: its own, else its tool's; undefined for what the workflow does itself. */
export function runtimeOf(node: ProgramNode, program: Program): Runtime | undefined {
  if (!EXECUTED.has(node.ir.kind)) return undefined
  const tool = toolFor(node, program)?.ir
  return (tool?.kind === 'function' ? tool.runtime : undefined) ?? node.ir.runtime ?? 'typescript'
}

/** The most time of one attempt, or of a container; the default of its kind where the author says nothing. */
export function timeoutMsOf(node: ProgramNode, program: Program): number | undefined {
  const own = parseDuration(node.ir.timeout)
  if (own !== undefined) return own
  if (node.ir.kind === 'llm') return DEFAULT_LLM_TIMEOUT_MS
  const tool = toolFor(node, program)
  return tool && (parseDuration(tool.ir.timeout) ?? defaultToolTimeoutMs(tool.ir))
}

function toolFor({ ir }: ProgramNode, program: Program): ProgramTool | undefined {
  return ir.kind === 'tool' ? program.tools.get(ir.tool.split('.', 1)[0] ?? '') : undefined
}
