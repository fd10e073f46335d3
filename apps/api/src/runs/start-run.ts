import { type Json, newRunId, planBlobs, type RunId, type StartRun, type TenantId } from '@treadle/contract'
import type { IdempotencyKey, RunRow, RunStore, StoredResponse, WorkflowStore } from '@treadle/storage'
import { crashPoint } from '../crash-points.ts'
import type { CompileDocument, CompiledDocument } from '../documents/compile-document.ts'
import { canonicalJson, sha256 } from '../http/canonical-json.ts'
import { refusedKey } from '../http/idempotency.ts'
import { ProblemAnswer, problem } from '../http/problem.ts'
import { type CheckInputParts, checkInput } from './check-input.ts'
import { offloadLarge } from './large-values.ts'
import { createPutBlob, type PutBlobParts } from './put-blob.ts'
import { createdRunView } from './run-view.ts'
import type { Starter } from './starter.ts'

export type StartCommand = {
  tenant: TenantId
  body: StartRun
  idempotencyKey: IdempotencyKey | undefined
  traceparent: string
}

/** `answer` is what is told of the run: the stored one when the request is a repeat. */
export type StartedRun = { runId: RunId; answer: StoredResponse; isReplay: boolean }

export type StartRunParts = PutBlobParts &
  CheckInputParts & {
    runs: Pick<RunStore, 'insert' | 'lookUpKey' | 'get'>
    workflows: Pick<WorkflowStore, 'version'>
    compile: CompileDocument
    starter: Pick<Starter, 'startSoon'>
  }

/**
 * Step 3 of the way of a run: everything that can be refused is refused first; then one transaction makes the run, and
 * from then on it will be started, by whoever comes first. Safe to repeat at any point.
 * @throws ProblemAnswer
 */
export const createStartRun = (parts: StartRunParts) => {
  return async (command: StartCommand): Promise<StartedRun> => {
    try {
      return await startOnce(parts, command)
    } catch (refusal) {
      // What was answered once is answered again, also when it would be refused today: a label has moved, a quota is used up.
      const known = refusal instanceof ProblemAnswer ? await answeredBefore(parts, command) : undefined
      if (known) return known
      throw refusal
    }
  }
}

async function startOnce(
  parts: StartRunParts,
  { tenant, body, idempotencyKey, traceparent }: StartCommand,
): Promise<StartedRun> {
  const { plan, planHash, document, blobs, version } = await documentOf(parts, tenant, body)
  const input = await checkInput(parts, tenant, plan, (body.input ?? {}) as Json)
  const id = body.id ?? newRunId()
  const putBlob = createPutBlob(parts, tenant)
  for (const { json } of blobs) await putBlob(json)
  const value = await offloadLarge(input.value, putBlob)

  crashPoint('run.checked')
  const result = await parts.runs.insert(tenant, {
    id,
    clientGivenId: body.id !== undefined,
    plan: { hash: planHash, plan },
    ...(document !== undefined && { document }),
    input: value,
    refersTo: [...input.blobs, ...planBlobs(plan)],
    workflow: { name: plan.name, ...(version !== undefined && { version }) },
    tags: (body.tags ?? {}) as Record<string, string>,
    ...(body.priority !== undefined && { priority: body.priority }),
    ...(body.startAt !== undefined && { startAt: body.startAt }),
    requestFingerprint: fingerprintOf(body),
    ...(idempotencyKey !== undefined && { idempotency: { ...idempotencyKey, response: createdAnswer } }),
  })
  crashPoint('run.stored')
  switch (result.outcome) {
    case 'created':
      if (isDue(result.run)) parts.starter.startSoon({ run: result.run, plan, input: value, traceparent })
      return { runId: id, answer: createdAnswer(result.run), isReplay: false }
    case 'replayed':
      return { runId: runIdOf(result.response), answer: result.response, isReplay: true }
    case 'exists':
      if (!result.sameRequest) throw problem('run-exists', `The run ${id} was started by another request.`)
      return { runId: id, answer: createdAnswer(result.run), isReplay: true }
    case 'quota-exceeded':
      throw problem('quota-exceeded', `This tenant may have ${result.runsAtOnce} runs at once, and has them.`)
    case 'source-gone':
      throw new Error('A run that forks none has lost its source.')
    default:
      throw refusedKey(result.outcome)
  }
}

/** By its key, or by the id that the client gave. */
async function answeredBefore(
  { runs }: StartRunParts,
  { tenant, body, idempotencyKey }: StartCommand,
): Promise<StartedRun | undefined> {
  const known = idempotencyKey && (await runs.lookUpKey(tenant, idempotencyKey))
  if (known?.outcome === 'replayed') {
    return { runId: runIdOf(known.response), answer: known.response, isReplay: true }
  }
  const run = body.id === undefined ? undefined : await runs.get(tenant, body.id)
  if (!run || run.requestFingerprint !== fingerprintOf(body)) return undefined
  return { runId: run.id, answer: createdAnswer(run), isReplay: true }
}

const fingerprintOf = (body: StartRun): string => sha256(canonicalJson(body))

/** 201, whether or not Temporal was reached: the run is there. */
export const createdAnswer = (run: RunRow): StoredResponse => ({
  status: 201,
  body: createdRunView(run) as unknown as Json,
  headers: { location: `/runs/${run.id}` },
})

const runIdOf = (answer: StoredResponse): RunId => (answer.body as { id: RunId }).id

const isDue = ({ startAt }: RunRow) => startAt === undefined || Date.parse(startAt) <= Date.now()

/** What is to run: the posted document, compiled, or a stored version, which was compiled when it was stored. */
async function documentOf(
  { compile, workflows }: StartRunParts,
  tenant: TenantId,
  { ir, workflow }: StartRun,
): Promise<Omit<CompiledDocument, 'document'> & { document?: string; version?: string }> {
  if (workflow === undefined) return compile.orRefuse(tenant, ir as Json)
  const [name = '', ref] = workflow.split('@')
  const stored = await workflows.version(tenant, name, ref)
  if (!stored) throw problem('not-found', `No workflow is stored under ${JSON.stringify(workflow)}.`)
  return { plan: stored.plan, planHash: stored.planHash, blobs: [], version: String(stored.version) }
}
