import {
  type Json,
  newRunId,
  type Plan,
  type ProblemError,
  type RunId,
  type StartRun,
  type TenantId,
} from '@treadle/contract'
import type { BlobRefs, BlobStore, IdempotencyKey, RunRow, RunStore, StoredResponse } from '@treadle/storage'
import type { CompileDocument } from '../documents/compile-document.ts'
import { unservedParts } from '../documents/unserved.ts'
import { canonicalJson, sha256 } from '../http/canonical-json.ts'
import { refusedKey } from '../http/idempotency.ts'
import { problem } from '../http/problem.ts'
import type { CheckValue } from './check-value.ts'
import { offloadLarge } from './large-values.ts'
import { createdRunView } from './run-view.ts'
import type { Starter } from './starter.ts'

export type StartCommand = { tenant: TenantId; body: StartRun; idempotencyKey: IdempotencyKey | undefined }

/** `answer` is what is told of the run: the stored one when the request is a repeat. */
export type StartedRun = { runId: RunId; answer: StoredResponse; isReplay: boolean }

export type StartRunParts = {
  runs: Pick<RunStore, 'insert'>
  blobs: Pick<BlobStore, 'put'>
  blobRefs: Pick<BlobRefs, 'touch'>
  compile: CompileDocument
  checkValue: CheckValue
  starter: Pick<Starter, 'startSoon'>
}

/** api.md, Limits. */
const INPUT_BYTES_MAX = 1024 * 1024

/**
 * Step 3 of the way of a run: everything that can be refused is refused first; then one transaction makes the run, and
 * from then on it will be started, by whoever comes first. Safe to repeat at any point.
 * @throws ProblemAnswer
 */
export const createStartRun = (parts: StartRunParts) => {
  return async ({ tenant, body, idempotencyKey }: StartCommand): Promise<StartedRun> => {
    const { plan, planHash, document, blobs } = parts.compile.orRefuse(documentOf(body))
    refuseUnserved(plan)
    const input = checkedInput(parts.checkValue, plan, (body.input ?? {}) as Json)
    const id = body.id ?? newRunId()
    const value = await storeLarge(parts, tenant, input, blobs)

    const result = await parts.runs.insert(tenant, {
      id,
      clientGivenId: body.id !== undefined,
      plan: { hash: planHash, plan },
      document,
      input: value,
      workflow: { name: plan.name },
      tags: (body.tags ?? {}) as Record<string, string>,
      ...(body.priority !== undefined && { priority: body.priority }),
      ...(body.startAt !== undefined && { startAt: body.startAt }),
      requestFingerprint: sha256(canonicalJson(body)),
      ...(idempotencyKey !== undefined && { idempotency: { ...idempotencyKey, response: createdAnswer } }),
    })
    switch (result.outcome) {
      case 'created':
        if (isDue(result.run)) parts.starter.startSoon({ run: result.run, plan, input: value })
        return { runId: id, answer: createdAnswer(result.run), isReplay: false }
      case 'replayed':
        return { runId: runIdOf(result.response), answer: result.response, isReplay: true }
      case 'exists':
        if (!result.sameRequest) throw problem('run-exists', `The run ${id} was started by another request.`)
        return { runId: id, answer: createdAnswer(result.run), isReplay: true }
      default:
        throw refusedKey(result.outcome)
    }
  }
}

/** 201, whether or not Temporal was reached: the run is there. */
const createdAnswer = (run: RunRow): StoredResponse => ({
  status: 201,
  body: createdRunView(run) as unknown as Json,
  headers: { location: `/runs/${run.id}` },
})

const runIdOf = (answer: StoredResponse): RunId => (answer.body as { id: RunId }).id

const isDue = ({ startAt }: RunRow) => startAt === undefined || Date.parse(startAt) <= Date.now()

function documentOf({ ir, workflow }: StartRun): Json {
  if (workflow !== undefined) {
    throw problem('not-found', `No workflow is stored under ${JSON.stringify(workflow)}: send its document as "ir".`)
  }
  return ir as Json
}

function refuseUnserved(plan: Plan): void {
  const errors = unservedParts(plan)
  if (errors.length > 0) throw problem('invalid-ir', sentence(errors), { errors })
}

function checkedInput(checkValue: CheckValue, plan: Plan, input: Json): Json {
  const bytes = Buffer.byteLength(JSON.stringify(input))
  if (bytes > INPUT_BYTES_MAX) {
    throw problem('too-large', `The input has ${bytes} bytes; at most ${INPUT_BYTES_MAX} are taken.`)
  }
  const schema = plan.inputSchema === undefined ? undefined : plan.schemas[plan.inputSchema]
  const errors = checkValue(schema, input).map((error): ProblemError => ({ ...error, path: `/input${error.path}` }))
  if (errors.length > 0) throw problem('invalid-input', sentence(errors), { errors })
  return input
}

const sentence = (errors: readonly ProblemError[]) =>
  `${errors.map(({ path, message }) => `${path} ${message}`).join('; ')}.`

/**
 * Stores what the plan names by content, and the large parts of the input. Until the run refers to them, when it is started,
 * the sweeper leaves them alone because they are new.
 */
async function storeLarge(
  { blobs, blobRefs }: StartRunParts,
  tenant: TenantId,
  input: Json,
  planBlobs: readonly { json: string }[],
): Promise<Json> {
  const put = (bytes: Uint8Array) => blobs.put(tenant, bytes, { named: (blob) => blobRefs.touch(tenant, [blob]) })
  try {
    for (const { json } of planBlobs) await put(Buffer.from(json))
    return await offloadLarge(input, put)
  } catch (error) {
    throw problem('dependency-unavailable', 'The blob store cannot be reached.', { cause: error })
  }
}
