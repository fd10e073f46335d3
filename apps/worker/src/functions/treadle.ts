import { createFunctionRegistry, type FunctionOptions, type RegisteredFunction } from './registry.ts'

/** The functions of this process: modules of TREADLE_FUNCTIONS add to it while they are imported, before the worker takes work. */
export const registeredFunctions = createFunctionRegistry()

/** Registers functions in the TypeScript worker. */
export const treadle = {
  /**
   * @example
   * treadle.function('score', { input: { type: 'object', required: ['text'] } }, async ({ text }: { text: string }) => text.length)
   * @throws Error if the name is taken, or is none
   */
  function<A>(name: string, options: FunctionOptions, call: RegisteredFunction<A>): void {
    registeredFunctions.register(name, options, call)
  },
}
