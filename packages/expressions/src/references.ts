import type { Place } from './expression-error.ts'

/** A root and the static path below it that an expression reads. */
export interface Reference extends Place {
  /** Root name, then fields: `['nodes', 'classify', 'label']`. A computed index, or one of a list, ends it. */
  path: string[]
  /** Reading it cannot fail for a missing field: it stands under `has()`, `.?`, `[?]` or `default()`. */
  guarded: boolean
  /** The path is the whole expression: it only passes the value on. */
  whole: boolean
}
