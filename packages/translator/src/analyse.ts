import type { Bounds } from '@treadle/contract'
import type { Findings } from './diagnostics/findings.ts'
import { nearNameHint } from './diagnostics/near-names.ts'
import type { TranslateLimits } from './limits.ts'
import { toBounds } from './passes/amounts.ts'
import { measureProgram } from './passes/bounds.ts'
import { checkLimits } from './passes/check-limits.ts'
import { orderNodes } from './passes/graph.ts'
import { checkSchemas } from './passes/json-schema.ts'
import { resolveNames } from './passes/names.ts'
import { checkReach } from './passes/reach.ts'
import { checkRules } from './passes/rules.ts'
import { checkShape } from './passes/shape.ts'
import { createStoredWorkflows, type StoredWorkflows } from './passes/stored-workflows.ts'
import { checkTypes } from './passes/types.ts'
import { buildProgram } from './program/build-program.ts'
import type { Program } from './program/program.ts'
import { child } from './source/pointer.ts'
import type { TranslateOptions } from './translate-options.ts'

export type Analysis = {
  program: Program
  /** What a run takes; undefined when the document has errors that leave it open. */
  bounds: Bounds | undefined
  /** The bounds of the program and of those inside it. */
  boundsOf(program: object): Bounds | undefined
}

/** All passes before lowering. Each goes on where it can, so that a mistake does not hide others that have nothing to do with it. */
export function analyse(
  document: unknown,
  findings: Findings,
  limits: TranslateLimits,
  options: TranslateOptions,
): Analysis | undefined {
  if (countLikeNodes(document) > limits.nodes * 4) {
    reportTooMany(limits.nodes, findings)
    return undefined
  }
  checkShape(document, findings)
  const program = buildProgram(document, { limits, findings })
  if (!program) return undefined
  if (countNodes(program) > limits.nodes) {
    reportTooMany(limits.nodes, findings)
    return undefined
  }
  const examineWith = (each: Program, into: Findings, stored: StoredWorkflows) =>
    examine(each, into, limits, options, stored)
  examineWith(program, findings, createStoredWorkflows({ options, limits, examine: examineWith }))
  const all = new Map<object, Bounds>()
  if (findings.hasErrors) return { program, bounds: undefined, boundsOf: () => undefined }

  for (const each of withChildren(program)) {
    const taken = measureProgram(each, { functions: options.functions, models: options.models ?? {} })
    all.set(each, toBounds(taken))
    const { executionTimeoutMs } = limits
    if (!each.isStored) checkLimits(each, taken, { models: options.models, executionTimeoutMs }, findings)
  }
  return { program, bounds: all.get(program), boundsOf: (each) => all.get(each) }
}

/** The passes on one program; first on those inside it, since their outputs have types. */
function examine(
  program: Program,
  findings: Findings,
  limits: TranslateLimits,
  options: TranslateOptions,
  stored: StoredWorkflows,
): void {
  for (const node of program.nodes) {
    if (node.child) examine(node.child, findings, limits, options, stored)
    else stored.attach(node, program, findings)
  }
  checkSchemas(program, limits, findings)
  checkRules(program, findings)
  checkFunctions(program, options, findings)
  resolveNames(program, findings)
  orderNodes(program, findings)
  checkTypes(program, findings, { functions: options.functions })
  checkReach(program, findings)
}

function checkFunctions(program: Program, { functions }: TranslateOptions, findings: Findings): void {
  if (!functions) return
  for (const { ir, pointer } of program.tools.values()) {
    if (ir.kind !== 'function') continue
    const runtime = ir.runtime ?? 'typescript'
    const there = functions.filter((each) => each.runtime === runtime).map(({ name }) => name)
    if (there.includes(ir.name)) continue
    const message = `no ${runtime} worker has the function "${ir.name}"`
    const hint = nearNameHint(ir.name, there, 'register it in a worker, or correct the runtime')
    findings.add({ code: 'unknown-function', path: child(pointer, 'name'), message, hint })
  }
}

function* withChildren(program: Program): Generator<Program> {
  yield program
  for (const { child: inner } of program.nodes) if (inner && !inner.isStored) yield* withChildren(inner)
}

function reportTooMany(max: number, findings: Findings): void {
  const message = `the document has more than ${max} nodes`
  findings.add({ code: 'too-many-nodes', path: '/nodes', message, spot: { at: 'key' } })
}

/**
 * What looks like a node, or stands where one has to, tools and data included: enough to see that a document is far too large before it is
 * checked.
 */
function countLikeNodes(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 'kind' in value ? 1 : 0
  for (const [key, each] of Object.entries(value)) {
    count += countLikeNodes(each)
    if (key === 'nodes' && typeof each === 'object' && each !== null) count += withoutKind(each)
  }
  return count
}

const withoutKind = (nodes: object): number =>
  Object.values(nodes).filter((node) => typeof node !== 'object' || node === null || !('kind' in node)).length

function countNodes(program: Program): number {
  return program.nodes.reduce((count, { child: inner }) => count + 1 + (inner ? countNodes(inner) : 0), 0)
}
