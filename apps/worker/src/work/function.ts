import { type Json, TreadleError } from '@treadle/contract'
import type { FunctionStore } from '@treadle/storage'
import type { FunctionContext, FunctionEntry, FunctionRegistry } from '../functions/registry.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { unlessAborted } from '../unless-aborted.ts'
import { checkForeign } from '../values/foreign-value.ts'
import type { Schemas } from '../values/schemas.ts'
import type { Perform, WorkContext } from './work.ts'

type States = Pick<FunctionStore, 'saveState' | 'loadState' | 'runMetadata'>

export type FunctionWorkParts = { functions: FunctionRegistry; states: States; secrets: Secrets; schemas: Schemas }

/** A call of a function that is registered in this worker. */
export function createFunctionWork({ functions, states, secrets, schemas }: FunctionWorkParts): Perform<'function'> {
  return async ({ name, args }, context) => {
    const entry = functions.find(name)
    if (!entry) {
      const known = functions.names().join(', ') || 'none'
      throw new TreadleError(
        'invalid_request',
        `No function "${name}" is registered in this worker (registered: ${known}).`,
      )
    }
    const loaded = await context.load(args)
    const problem = entry.input === undefined ? undefined : schemas.problemOf(entry.input, loaded)
    if (problem !== undefined) {
      throw new TreadleError('invalid_request', `The arguments do not fit the input schema of "${name}": ${problem}`)
    }
    context.usage.add({ toolCalls: 1 })
    const output = await callUntilStopped(entry, loaded, context, functionContext(entry, context, { secrets, states }))
    const misfit = entry.output === undefined ? undefined : schemas.problemOf(entry.output, output)
    if (misfit !== undefined) {
      throw new TreadleError('invalid_output', `What "${name}" gave does not fit its output schema: ${misfit}`)
    }
    return { output }
  }
}

/** A function that does not look at its signal is left behind: its attempt ends all the same, and its result is dropped. */
async function callUntilStopped(
  entry: FunctionEntry,
  args: Json,
  context: WorkContext,
  own: FunctionContext,
): Promise<Json> {
  const { signal } = context
  try {
    const call = (async () => entry.call(args, own))()
    return toJson(await unlessAborted(call, signal), `What "${entry.name}" gave`)
  } catch (error) {
    signal.throwIfAborted()
    throw error instanceof TreadleError ? error : toolError(error)
  }
}

function functionContext(
  entry: FunctionEntry,
  context: WorkContext,
  { secrets, states }: Pick<FunctionWorkParts, 'secrets' | 'states'>,
): FunctionContext {
  const { run, path, attempt, signal } = context
  const log: FunctionContext['log'] = async (level, message, fields) => {
    signal.throwIfAborted()
    await context.emit('log', { level, message: String(message), ...(fields && { fields: logFields(fields) }) })
  }
  return {
    run: { id: run.id, tenant: run.tenant },
    path,
    attempt,
    signal,
    emitText: async (text) => {
      signal.throwIfAborted()
      await context.emitText(String(text))
    },
    log,
    progress: (done, message = 'progress') => log('info', message, { progress: done }),
    metadata: () => states.runMetadata(run, signal),
    loadState: async () => context.load(await states.loadState(context, signal)),
    saveState: async (state) => {
      signal.throwIfAborted()
      const value = toJson(state, `The state of "${entry.name}"`)
      const kept = await states.saveState(context, await context.keep(value), signal)
      if (!kept) throw new TreadleError('internal', 'A newer attempt has taken over.') // Nothing of this one can be written any more.
    },
    secret: async (name) => {
      if (entry.secrets?.includes(name)) return secrets.value(name, { run })
      throw new TreadleError(
        'auth',
        `The function "${entry.name}" was not granted the secret ${name}: list it in its \`secrets\`.`,
      )
    },
  }
}

/** What JSON makes of a value of the function's: undefined is null. A cycle or a bigint is its error; `what` is the subject of that sentence. */
function toJson(given: unknown, what: string): Json {
  try {
    const value: Json = JSON.parse(JSON.stringify(given) ?? 'null')
    checkForeign(value, what)
    return value
  } catch (error) {
    if (error instanceof TreadleError) throw error
    throw new TreadleError('invalid_output', `${what} is not JSON: ${(error as Error).message}`)
  }
}

const logFields = (fields: object): object => JSON.parse(JSON.stringify(fields))

const toolError = (error: unknown) =>
  new TreadleError('tool_error', error instanceof Error ? error.message : String(error), { cause: error })
