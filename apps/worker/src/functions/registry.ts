import type { Json, JsonSchema, RunId } from '@treadle/contract'
import type { PublishedFunction, RunMetadata } from '@treadle/storage'

/** What a registered function is given beside its arguments. */
export type FunctionContext = {
  run: { id: RunId; tenant: string }
  /** The node's path, and which attempt this is (from 1). */
  path: string
  attempt: number
  /** Aborts when the node is cancelled or its time is over: pass it on, or look at `aborted` in long loops. */
  signal: AbortSignal
  /** Shows a piece of text on the run's stream (`node.delta`). Resolves when there is room for more. */
  emitText(text: string): Promise<void>
  /** Puts a line into the run's log (event `log`). */
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string, fields?: object): Promise<void>
  /** Says how much is done, from 0 to 1 (an event `log` too). */
  progress(done: number, message?: string): Promise<void>
  /** What is known of the run. */
  metadata(): Promise<RunMetadata>
  /** What an earlier attempt of this node saved last; null where none did. */
  loadState(): Promise<Json>
  /** Keeps a value for the next attempt, should this one not come to its end: a checkpoint of the function's own. */
  saveState(state: Json): Promise<void>
  /** The value of a secret that the function was granted. */
  secret(name: string): Promise<string>
}

export type FunctionOptions = {
  /** JSON Schemas of the one argument and of the result; both are checked at every call. */
  input?: JsonSchema
  output?: JsonSchema
  description?: string
  /** Names of the secrets that it may ask for. Default: none. */
  secrets?: readonly string[]
}

/**
 * A function for nodes of kind `tool`. It may run more than once for the same node (a worker can die before its result is stored), so
 * effects outside should be keyed by `context.run.id` and `context.path`. What it returns has to be JSON. A TreadleError that it throws
 * keeps its type; anything else becomes `tool_error` with its message, which is not retried unless the node's `retry.on` says so.
 */
// `any`: a function declares the type of its own arguments; the registry checks them by schema.
// biome-ignore lint/suspicious/noExplicitAny: see above
export type RegisteredFunction<A = any> = (args: A, context: FunctionContext) => Promise<unknown> | unknown

export type FunctionEntry = FunctionOptions & { name: string; call: RegisteredFunction }

export type FunctionRegistry = {
  register(name: string, options: FunctionOptions, call: RegisteredFunction): void
  find(name: string): FunctionEntry | undefined
  names(): string[]
  /** What the API is told of them. */
  published(): PublishedFunction[]
}

const NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,127}$/

export function createFunctionRegistry(): FunctionRegistry {
  const entries = new Map<string, FunctionEntry>()
  return {
    register(name, options, call) {
      if (!NAME.test(name)) throw new Error(`"${name}" cannot be the name of a function: it has to fit ${NAME.source}.`)
      if (entries.has(name)) throw new Error(`Two functions are registered as "${name}": rename one of them.`)
      entries.set(name, { ...options, name, call })
    },
    find: (name) => entries.get(name),
    names: () => [...entries.keys()].sort(),
    published: () =>
      [...entries.values()].map(({ name, description, input, output }) => ({
        name,
        ...(description !== undefined && { description }),
        ...(input !== undefined && { inputSchema: input }),
        ...(output !== undefined && { outputSchema: output }),
      })),
  }
}
