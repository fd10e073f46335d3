import type { RunRef, Runtime } from '@treadle/contract'
import type { ModelTable } from '@treadle/contract/settings'
import type { TranslateLimits } from './limits.ts'
import type { SourceFormat } from './source/source.ts'

/** A function that a worker has registered. */
export type FunctionSignature = {
  name: string
  runtime: Runtime
  /** JSON Schemas, as the worker publishes them. */
  inputSchema?: Record<string, unknown>
  outputSchema?: Record<string, unknown>
}

/** Gives the document of a stored workflow; undefined when there is none of that name and version. Pure: it answers from memory. */
export type WorkflowResolver = (name: string, version: string) => unknown

/** The facts of one run, for its Temporal spec. */
export type RunFacts = {
  run: RunRef
  /** A handle where it is large. */
  input: unknown
  /** It is a fork: its checkpoints have outputs that are taken as given. */
  takesOver?: boolean
  /** Payloads are encrypted on their way to Temporal. Default false. */
  encrypted?: boolean
  workflow?: { name: string; version: string }
  tags?: string[]
  memo?: Record<string, string>
  /** It was paused before it began. */
  paused?: boolean
  /** 1 (first) to 5; 3 is Temporal's default. */
  priority?: number
  /** Who shares a turn, where the server is fair between several: usually the tenant. */
  fairnessKey?: string
}

export type TranslateOptions = {
  /** Without it, a text that begins with `{` or `[` is JSON, any other YAML. */
  format?: SourceFormat
  limits?: Partial<TranslateLimits>
  /** Functions that workers have; without it, `function` tools are not checked against workers. */
  functions?: FunctionSignature[]
  /** Caps of output and prices, as workers have them too; without it, limits of tokens and money are not checked against models. */
  models?: ModelTable
  /** Stored workflows; without it, references to them are not checked. */
  workflows?: WorkflowResolver
  /** With it, the answer has the spec to start the run with. */
  run?: RunFacts
}
