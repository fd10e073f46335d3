// Loaded by our worker (TREADLE_FUNCTIONS): the short step, which returns at once.
import { treadle } from '@treadle/worker'

treadle.function('step', {}, ({ value }: { value: number }) => ({ value: value + 1 }))
