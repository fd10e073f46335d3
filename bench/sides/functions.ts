// Loaded by our worker (TREADLE_FUNCTIONS).
import { treadle } from '@treadle/worker'

/** The short step: it returns at once. */
treadle.function('step', {}, ({ value }: { value: number }) => ({ value: value + 1 }))

/** A result of 10 KB. */
treadle.function('page', {}, () => 'x'.repeat(10_000))
