/**
 * Preloaded into the worker's threads (`node --import`): Temporal's SDK notes the stack of each promise that a workflow makes, for its query
 * `__stack_trace`, which shows the insides of our interpreter and nothing of the document. That is a third of what a run costs in the sandbox
 * (sdk-typescript #1587), and there is no option; where Node has no promise hooks the SDK does without, and so it does here. Errors keep their
 * stacks. Without this file all works, slower.
 */
import v8 from 'node:v8'
import { isMainThread } from 'node:worker_threads'

if (!isMainThread) v8.promiseHooks.createHook = () => () => {}
