import { createFindings, type Findings } from '../diagnostics/findings.ts'
import type { TranslateLimits } from '../limits.ts'
import { buildProgram } from '../program/build-program.ts'
import type { Program, ProgramNode } from '../program/program.ts'
import { child } from '../source/pointer.ts'
import type { TranslateOptions } from '../translate-options.ts'
import { checkShape } from './shape.ts'

export type StoredWorkflows = { attach(node: ProgramNode, program: Program, findings: Findings): void }

type StoredWorkflowsParts = {
  options: TranslateOptions
  limits: TranslateLimits
  /** The passes on a program. */
  examine(program: Program, findings: Findings, stored: StoredWorkflows): void
}

/**
 * The stored workflows that `run` nodes name. Each is read once a translation, for its schemas, its output and its bounds;
 * it was checked when it was stored, so its findings are not told again.
 */
export function createStoredWorkflows({ options, limits, examine }: StoredWorkflowsParts): StoredWorkflows {
  const known = new Map<string, Program | undefined>()
  const open = new Set<string>()

  const stored: StoredWorkflows = {
    attach(node, program, findings) {
      const { ir } = node
      if (ir.kind !== 'run' || typeof ir.workflow !== 'string' || !options.workflows || !node.isSound) return
      const path = child(node.pointer, 'workflow')
      if (open.has(ir.workflow) || program.runDepth >= limits.runDepth) {
        const message = `"${ir.workflow}" runs itself, or workflows are more than ${limits.runDepth} deep inside each other`
        findings.add({ code: 'too-deep', path, message })
        return
      }
      const found = read(ir.workflow, program.runDepth + 1)
      if (found) node.child = found
      else if (!known.has(ir.workflow)) {
        findings.add({ code: 'unknown-workflow', path, message: `there is no workflow "${ir.workflow}"` })
      }
    },
  }
  return stored

  function read(ref: string, runDepth: number): Program | undefined {
    if (known.has(ref)) return known.get(ref)
    const [name = '', version = ''] = ref.split('@')
    const document = options.workflows?.(name, version)
    if (document === undefined) return undefined
    open.add(ref)
    const findings = createFindings()
    checkShape(document, findings)
    const program = buildProgram(document, { limits, findings }, '', runDepth)
    if (program) {
      program.isStored = true
      examine(program, findings, stored)
    }
    open.delete(ref)
    known.set(ref, program)
    return program
  }
}
