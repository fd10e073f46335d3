import type { CelType } from '@treadle/expressions'
import type { Findings } from '../diagnostics/findings.ts'
import type { Body, Program } from '../program/program.ts'
import type { FunctionSignature } from '../translate-options.ts'
import type { createSlotChecker } from './slot-types.ts'

/** Loops and machines inside each other that are looked at twice; further in, a state is taken as anything, or the work would double with each. */
export const LOOKS_MAX = 3

/** What the types pass carries along. */
export type Typing = {
  program: Program
  findings: Findings
  functions: FunctionSignature[] | undefined
  slots: ReturnType<typeof createSlotChecker>
  /** The type of each node's output, null where it may be skipped; filled in plan order. */
  outputs: Map<object, CelType>
  /** How many loops and machines around are looked at twice. */
  looks: number
  /** Types the nodes of a body, then its output. Handed down, since bodies hold nodes and nodes hold bodies. */
  typeBody(body: Body, typing: Typing): CelType
}
