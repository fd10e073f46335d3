/** For modules that register functions in the TypeScript worker (TREADLE_FUNCTIONS); and its config, for what is held to it. */
export { TreadleError } from '@treadle/contract'
export { readConfig } from './config.ts'
export type { FunctionContext, FunctionOptions, RegisteredFunction } from './functions/registry.ts'
export { treadle } from './functions/treadle.ts'
