import { createHash } from 'node:crypto'
import type { Bounds, Diagnostic, Plan, TemporalWorkflowSpec } from '@treadle/contract'
import { analyse } from './analyse.ts'
import { CODES } from './diagnostics/codes.ts'
import { createFindings, toDiagnostics } from './diagnostics/findings.ts'
import { DEFAULT_LIMITS, type TranslateLimits } from './limits.ts'
import { canonical } from './lowering/canonical.ts'
import { lowerProgram } from './lowering/lower-program.ts'
import type { PlanBlob } from './lowering/tables.ts'
import { HISTORY_EVENTS_MAX } from './passes/bounds.ts'
import { mapBoundOf } from './passes/list-bound.ts'
import { readSource } from './source/source.ts'
import { buildSpec } from './spec.ts'
import type { TranslateOptions } from './translate-options.ts'

export type Translation = {
  /** True when there is a plan: no finding is an error. */
  ok: boolean
  /** Everything that was found, warnings included, sorted by place. */
  diagnostics: Diagnostic[]
  plan?: Plan
  /** SHA-256 of the plan's canonical JSON, in hex. */
  planHash?: string
  /** What a run can take; also there when only a limit stands against it. */
  bounds?: Bounds
  /** Texts that the plan names by content: to be stored before the run starts. */
  blobs?: PlanBlob[]
  /** Given when `options.run` was. */
  spec?: TemporalWorkflowSpec
}

/**
 * Compiles a document: a text of JSON or YAML, its bytes, or a value that was read already. Pure and synchronous: no I/O,
 * no clock, and the same document gives the same bytes and hash, whatever the order of its keys. Never throws for what
 * stands in a document.
 */
export function translate(document: unknown, options: TranslateOptions = {}): Translation {
  const limits: TranslateLimits = { ...DEFAULT_LIMITS, ...options.limits }
  const source = readSource(document, options.format, limits)
  const findings = createFindings()
  const isReadable = source.value !== undefined && !source.problems.some(({ code }) => UNREADABLE.has(code))
  const analysis = isReadable ? analyse(source.value, findings, limits, options) : undefined
  const answer = () => toDiagnostics(findings.all(), source.problems, source, limits.findings)
  const isWrong = source.problems.some(({ code }) => CODES[code].severity === 'error') || findings.hasErrors
  const bounds = analysis?.bounds ? { bounds: analysis.bounds } : {}
  if (!analysis || isWrong) return { ok: false, diagnostics: answer(), ...bounds }

  const blobs = new Map<string, PlanBlob>()
  const lowered = lowerProgram(analysis.program, lowerOptions(options, analysis.boundsOf), blobs)
  // In the order of the canonical form, so that a plan is the same text however it is written out.
  const { value: plan, json } = canonical(lowered)
  const bytes = Buffer.byteLength(json)
  if (bytes > limits.planBytes) {
    const message = `the plan has ${bytes} bytes, and may have ${limits.planBytes}`
    findings.add({ code: 'plan-too-large', path: '', message })
    return { ok: false, diagnostics: answer(), ...bounds }
  }
  return {
    ok: true,
    diagnostics: answer(),
    plan,
    planHash: createHash('sha256').update(json).digest('hex'),
    ...bounds,
    blobs: [...blobs.values()],
    ...(options.run ? { spec: buildSpec(plan, options.run, limits.executionTimeoutMs) } : {}),
  }
}

/** After these the value is not what the author meant, or going through it could take for ever. */
const UNREADABLE = new Set(['syntax', 'too-deep', 'too-large', 'too-many-aliases'])

function lowerOptions(options: TranslateOptions, boundsOf: (program: object) => Bounds | undefined) {
  const { functions, models = {} } = options
  return {
    functions,
    models,
    isLongRunning: (program: object) => (boundsOf(program)?.historyEvents.most ?? 0) > HISTORY_EVENTS_MAX,
    mapBound: (node: Parameters<typeof mapBoundOf>[0], program: Parameters<typeof mapBoundOf>[1]['program']) =>
      mapBoundOf(node, { program, functions }),
  }
}
