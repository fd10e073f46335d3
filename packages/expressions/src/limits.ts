/**
 * What one expression may cost. A workflow task has 5 s of CPU and shares its thread with other runs, so an expression
 * has to end within about 100 ms whatever was written; every figure below is counted, never timed, so that a replay
 * stops at the same place.
 */

/** Source text, in UTF-16 units. */
export const SOURCE_MAX = 4096

/** Nodes of the syntax tree. */
export const NODES_MAX = 2000

/** Nesting of parentheses, calls, indexes, lists and maps in the source. */
export const NESTING_MAX = 32

/** Units of work of one evaluation: about one evaluated node, one converted value or eight characters each. A unit takes
 * 50 to 250 ns (see bench/), and this is room for 20 nodes on each of 10,000 items. */
export const WORK_MAX = 250_000

/** A string or a result that an expression makes, as UTF-8. Temporal refuses payloads above 2 MiB. */
export const OUTPUT_BYTES_MAX = 1024 * 1024

/** Nesting of a value that an expression reads or makes. */
export const DEPTH_MAX = 100

/** Source text of a regular expression, in UTF-16 units. */
export const PATTERN_MAX = 500

/** Instructions of the regular expressions of one source: compiling 2,000 takes about 10 ms. */
export const PATTERN_INSTRUCTIONS_MAX = 2000

/**
 * What is remembered of parsed sources, so that a plan is parsed once in a process: entries, and characters of all
 * sources together. A tree takes about 300 bytes for a character of its source.
 */
export const CACHE_ENTRIES_MAX = 5000
export const CACHE_CHARACTERS_MAX = 256 * 1024
