/** IR in, diagnostics or a TemporalWorkflowSpec out. Pure and synchronous: no I/O, no clock. */

export type { CodeRow } from './diagnostics/code-row.ts'
export { CODE_GROUPS, CODES, type FindingCode } from './diagnostics/codes.ts'
export { renderDiagnostics } from './diagnostics/render.ts'
export { DEFAULT_LIMITS, type TranslateLimits } from './limits.ts'
export type { PlanBlob } from './lowering/tables.ts'
export { type PathPlace, placeOfPath } from './plan-paths.ts'
export type { SourceFormat } from './source/source.ts'
export { buildSpec } from './spec.ts'
export { type Translation, translate } from './translate.ts'
export { createTranslateCache, type TranslateCache } from './translate-cache.ts'
export type {
  FunctionSignature,
  RunFacts,
  TranslateOptions,
  WorkflowResolver,
} from './translate-options.ts'
