import type { Plan } from '@treadle/contract'
import type { ModelTable } from '@treadle/contract/settings'
import type { Body, Program, ProgramNode } from '../program/program.ts'
import type { FunctionSignature } from '../translate-options.ts'
import type { Tables } from './tables.ts'

export type LowerOptions = {
  functions: FunctionSignature[] | undefined
  models: ModelTable
  /** Says of a program whether its most passes what one history can hold. */
  isLongRunning(program: Program): boolean
  /** The most items of a map; undefined where nothing bounds it. */
  mapBound(node: ProgramNode, program: Program): number | undefined
}

/** What lowering carries along: the tables of one plan, and the numbers of its bodies and nodes. */
export type Lowering = {
  program: Program
  options: LowerOptions
  tables: Tables
  /** The plan of an inline workflow. */
  lowerChild(program: Program): Plan
  bodyNumber(body: Body): number
  nodeNumber(node: ProgramNode): number
}
