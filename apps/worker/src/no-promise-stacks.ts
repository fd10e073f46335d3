/**
 * Preloaded into the worker's threads (`node --import`): Temporal's SDK notes the stack of each promise that a workflow makes, for its query
 * `__stack_trace`, which shows the insides of our interpreter and nothing of the document. That is a third of what a run costs in the sandbox
 * (sdk-typescript #1587), and there is no option; where Node has no promise hooks the SDK does without, and so it does here. Errors keep their
 * stacks. Without this file all works, slower.
 *
 * What the SDK finds in `node:v8` is replaced, and nothing inside of it: AsyncLocalStorage, which carries the cancellation scopes of a workflow,
 * stands on the same promise hooks.
 */
import v8 from 'node:v8'
import { isMainThread } from 'node:worker_threads'

if (!isMainThread) Object.assign(v8, { promiseHooks: { ...v8.promiseHooks, createHook: () => () => {} } })
