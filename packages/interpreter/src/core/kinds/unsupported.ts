import type { Json, PlanNode } from '@treadle/contract'
import type { Call } from '../engine.ts'
import { fail } from '../failure.ts'

export const runUnsupported = async (call: Call<PlanNode>): Promise<Json> => {
  throw fail('invalid_request', `This interpreter does not execute nodes of kind \`${call.node.kind}\` yet.`, call.path)
}
