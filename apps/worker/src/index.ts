/** For modules that register functions in the TypeScript worker (TREADLE_FUNCTIONS). */
export { TreadleError } from '@treadle/contract'
export type { FunctionContext, FunctionOptions, RegisteredFunction } from './functions/registry.ts'
export { treadle } from './functions/treadle.ts'
