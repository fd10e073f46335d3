/** The entry of the workflow bundle: what it exports is what Temporal can start. */
export { treadleRun } from './treadle-run.ts'
