import type { CodeRow } from './code-row.ts'
import { BOUND_CODES } from './codes/bounds.ts'
import { NAME_CODES } from './codes/names.ts'
import { SHAPE_CODES } from './codes/shape.ts'
import { TEXT_CODES } from './codes/text.ts'
import { TYPE_CODES } from './codes/types.ts'

/** Every kind of finding, once, by the pass that finds it. Codes are stable: clients compare them. */
export const CODE_GROUPS = {
  'The text': TEXT_CODES,
  'Fields and schemas': SHAPE_CODES,
  'Names and the graph': NAME_CODES,
  'Expressions and types': TYPE_CODES,
  'Bounds and limits': BOUND_CODES,
} as const satisfies Record<string, Record<string, CodeRow>>

const ALL = { ...TEXT_CODES, ...SHAPE_CODES, ...NAME_CODES, ...TYPE_CODES, ...BOUND_CODES }

export type FindingCode = keyof typeof ALL

export const CODES: Record<FindingCode, CodeRow> = ALL
