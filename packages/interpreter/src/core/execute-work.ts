import type { Json, Runtime, Work } from '@treadle/contract'
import { at, type Call } from './engine.ts'
import { Failure } from './failure.ts'
import type { ExecuteRequest } from './host.ts'

/** What the tool says where the node says nothing. `byReference`: the output stays with the worker. */
type Options = {
  runtime?: Runtime | undefined
  timeoutMs?: number | undefined
  outputSchema?: number | undefined
  byReference?: true
}

/** Has a worker execute the node: attempts, events and the check against its schema are the worker's. */
export async function executeWork(call: Call, work: Work, options: Options = {}): Promise<Json> {
  call.memo.owner = 'worker'
  const outcome = await call.engine.host.execute(requestOf(call, work, options), call.cancellation)
  if (outcome.ok) return outcome.output
  call.recorded = outcome.recorded
  throw new Failure({ node: call.path, ...outcome.error })
}

function requestOf({ engine, node, path }: Call, work: Work, options: Options): ExecuteRequest {
  const timeoutMs = node.timeoutMs ?? options.timeoutMs
  const schema = node.outputSchema ?? options.outputSchema
  return {
    path,
    work,
    runtime: node.runtime ?? options.runtime ?? 'typescript',
    retry: node.retry ?? {},
    ...(node.catch ? { catches: [...new Set(node.catch.flatMap(({ on }) => on))] } : {}),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(schema === undefined ? {} : { outputSchema: at(engine.plan.schemas, schema, 'schema') }),
    ...(node.cacheMs === undefined ? {} : { cacheMs: node.cacheMs }),
    ...(options.byReference ? { byReference: true } : {}),
  }
}
