import { createHash } from 'node:crypto'
import { ApplicationFailure } from '@temporalio/common'
import {
  type ChildCreated,
  type ChildTask,
  handlesIn,
  type Json,
  type Plan,
  planBlobs,
  TreadleError,
} from '@treadle/contract'
import { canonicalJson } from '@treadle/expressions'
import type { BlobRefs, ChildRuns } from '@treadle/storage'
import { crashPoint } from '../crash-points.ts'
import type { Schemas } from '../values/schemas.ts'
import type { Values } from '../values/values.ts'

export type CreateChildParts = { children: ChildRuns; refs: BlobRefs; values: Pick<Values, 'load'>; schemas: Schemas }

/**
 * The local activity `createChild`: writes the row of a child run, with its first event; a repeat finds it. Its parent's workflow starts the
 * child's from what this gives back, so a child is started once, and with the same arguments, whatever dies in between.
 */
export function createCreateChild({ children, refs, values, schemas }: CreateChildParts) {
  return async (task: ChildTask): Promise<ChildCreated> => {
    const { run, path, childRunId, workflow, input, detached } = task
    const inline = 'plan' in workflow ? workflow.plan : undefined
    if (inline) await checkInput(task, inline)
    const created = await children.insert(run, {
      id: childRunId,
      ...(detached ? {} : { node: path }),
      input: input as Json,
      ...('plan' in workflow ? { plan: workflow.plan, planHash: hashOf(workflow.plan) } : { workflow }),
    })
    if (created.outcome === 'ended') throw refusal(new TreadleError('cancelled', 'The run has ended.'))
    if (created.outcome === 'taken') throw refusal(new TreadleError('internal', `The run ${childRunId} is no child.`))
    if (created.outcome === 'not-found') throw refusal(unknownWorkflow(workflow as { name: string; version: string }))

    crashPoint('child.stored', run, path)
    const { createdAt, plan } = created
    const executed = plan ?? inline
    if (plan) await checkInput(task, plan)
    // Before Temporal sees a handle: from here on the sweeper leaves the blobs alone as long as the child is kept.
    const blobs = [...handlesIn(input as Json), ...(executed ? planBlobs(executed) : [])]
    if (blobs.length > 0) await refs.add(run.tenant, childRunId, blobs)
    return { createdAt, ...(plan && { plan }) }
  }

  async function checkInput({ run, input }: ChildTask, plan: Plan): Promise<void> {
    const schema = plan.inputSchema === undefined ? undefined : plan.schemas[plan.inputSchema]
    if (schema === undefined) return
    const problem = schemas.problemOf(schema, await values.load(run, input))
    if (problem === undefined) return
    throw refusal(
      new TreadleError('invalid_request', `The input of the child run does not fit its schema: ${problem}.`),
    )
  }
}

/** As the translator makes it. */
const hashOf = (plan: Plan): string =>
  createHash('sha256')
    .update(canonicalJson(plan as unknown as Json))
    .digest('hex')

const unknownWorkflow = ({ name, version }: { name: string; version: string }) =>
  new TreadleError('invalid_request', `There is no workflow \`${name}@${version}\`.`)

const refusal = ({ type, message }: TreadleError) =>
  ApplicationFailure.create({
    type,
    message,
    nonRetryable: true,
    details: [{ error: { type, message }, outboxApplied: 0 }],
  })
