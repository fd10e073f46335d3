import type { ProgramNode } from './program.ts'

/** Says whether a condition is written as the constant `value`. */
export const isConstant = (source: unknown, value: boolean): boolean =>
  typeof source === 'string' && source.trim() === String(value)

/** A `fail` that nothing skips and nothing catches: what waits for it never runs. */
export const alwaysFails = ({ ir }: ProgramNode): boolean =>
  ir.kind === 'fail' && ir.when === undefined && ir.catch === undefined
