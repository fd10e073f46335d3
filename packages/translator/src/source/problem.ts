import type { FindingCode } from '../diagnostics/codes.ts'
import type { Span } from './places.ts'
import type { Pointer } from './pointer.ts'

/** Something wrong with the text itself, found while reading it. */
export type Problem = { code: FindingCode; path: Pointer; span?: Span; message: string; hint?: string }

/** The value of a text, as far as it could be read: without `value` when it could not. */
export type Reading = { value?: unknown; problems: Problem[] }
