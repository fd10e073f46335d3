import { ERROR_TYPES, retryDefaults } from '@treadle/contract'
import type { ProgramNode } from '../program/program.ts'

/** The most attempts of a node: its own, else the most that the table of errors gives to any type. */
export function attemptsOf(node: ProgramNode): number {
  return node.ir.retry?.maxAttempts ?? DEFAULT_ATTEMPTS
}

const DEFAULT_ATTEMPTS = Math.max(...ERROR_TYPES.map((type) => retryDefaults(type).maxAttempts))
