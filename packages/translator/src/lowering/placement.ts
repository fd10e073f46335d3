import type { Runtime } from '@treadle/contract'
import { parseDuration } from '../program/duration.ts'
import type { Program, ProgramNode, ProgramTool } from '../program/program.ts'
import { DEFAULT_LLM_TIMEOUT_MS, defaultToolTimeoutMs, SHORT_MS } from './timeouts.ts'

/** How a node is executed, before its neighbours are looked at. `short` and `value` can be part of a segment. */
export type Manner = 'workflow' | 'value' | 'short' | 'activity'

/** Kinds that a worker executes; all others are the workflow's own. */
const EXECUTED = new Set(['llm', 'agent', 'tool', 'emit', 'checkpoint'])

/**
 * Where a node belongs by itself. Short are calls of http and function tools in TypeScript with a timeout of at most 5 s,
 * `emit` and `checkpoint`. `placement` of the node wins where that is possible; `execution.fuse: never` wins over it.
 */
export function mannerOf(node: ProgramNode, program: Program): Manner {
  const { ir } = node
  const isFused = program.document.execution?.fuse !== 'never'
  if (ir.kind === 'set') return isFused && ir.placement !== 'activity' && !ir.catch ? 'value' : 'workflow'
  if (!EXECUTED.has(ir.kind)) return 'workflow'
  if (!isFused || ir.placement === 'activity' || !canBeShort(node, program)) return 'activity'
  return ir.placement === 'segment' || isShort(node, program) ? 'short' : 'activity'
}

/** A node that is caught, or taken from the cache, is left to the workflow, so that a segment stays a plain sequence of effects. */
function canBeShort(node: ProgramNode, program: Program): boolean {
  if (node.ir.catch || node.ir.cache || runtimeOf(node, program) !== 'typescript') return false
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
