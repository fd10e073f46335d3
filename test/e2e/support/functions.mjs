// Loaded by the workers of the end-to-end tests (TREADLE_FUNCTIONS).
import { treadle } from '@treadle/worker'

treadle.function('run_it', {}, ({ v }) => v)
