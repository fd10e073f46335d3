import {
  type ForkRun,
  handlesIn,
  type Json,
  newRunId,
  type Path,
  type Plan,
  type ProblemError,
  planBlobs,
  type RunId,
  type TenantId,
} from '@treadle/contract'
import type {
  BlobStore,
  IdempotencyKey,
  PointRow,
  RunRow,
  RunStore,
  StateStore,
  StoredResponse,
} from '@treadle/storage'
import { placeOfPath } from '@treadle/translator'
import { crashPoint } from '../crash-points.ts'
import type { CompileDocument } from '../documents/compile-document.ts'
import { canonicalJson, sha256 } from '../http/canonical-json.ts'
import { refusedKey } from '../http/idempotency.ts'
import { ProblemAnswer, problem } from '../http/problem.ts'
import { type CheckInputParts, checkInput, storedValueErrors } from '../runs/check-input.ts'
import { offloadLarge } from '../runs/large-values.ts'
import { createPutBlob, type PutBlobParts } from '../runs/put-blob.ts'
import { hasEnded } from '../runs/run-view.ts'
import { createdAnswer } from '../runs/start-run.ts'
import type { Starter } from '../runs/starter.ts'
import { referToUploads, type Uploaded } from '../runs/uploaded-values.ts'
import { givenThatDoNotFit, kindAt, outputSchemaAt, pointsThatDoNotFit } from './check-fit.ts'
import { choosePoints } from './choose-points.ts'

/** `from` absent: a rerun, from the end of a run that has ended. */
export type ForkCommand = {
  tenant: TenantId
  runId: RunId
  body: Omit<ForkRun, 'from'> & { from?: ForkRun['from'] }
  idempotencyKey: IdempotencyKey | undefined
}

export type ForkedRun = { answer: StoredResponse; isReplay: boolean }

export type ForkRunParts = PutBlobParts &
  CheckInputParts & {
    runs: Pick<RunStore, 'insert' | 'lookUpKey' | 'get' | 'planOf'>
    state: Pick<StateStore, 'points' | 'outputs' | 'named' | 'request'>
    blobs: Pick<BlobStore, 'put' | 'get' | 'has'>
    compile: CompileDocument
    starter: Pick<Starter, 'startSoon'>
  }

/** Outputs of a container that is not done yet are taken over one by one: these many make a fork slow, and its history long. */
const POINTS_MAX = 10_000
const CHECKED_AT_ONCE = 200

/**
 * Makes a new run of an old one, which takes over what was done up to a point. Everything that does not fit is refused first; then one
 * transaction makes the run with all that it takes over. The old run is only read.
 * @throws ProblemAnswer
 */
export const createForkRun = (parts: ForkRunParts) => {
  return async (command: ForkCommand): Promise<ForkedRun> => {
    try {
      return await forkOnce(parts, command)
    } catch (refusal) {
      // What was answered once is answered again, also when the old run is gone by now.
      const { tenant, idempotencyKey } = command
      const known =
        refusal instanceof ProblemAnswer && idempotencyKey && (await parts.runs.lookUpKey(tenant, idempotencyKey))
      if (known && known.outcome === 'replayed') return { answer: known.response, isReplay: true }
      throw refusal
    }
  }
}

async function forkOnce(parts: ForkRunParts, command: ForkCommand): Promise<ForkedRun> {
  const { tenant, runId, body, idempotencyKey } = command
  const source = await parts.runs.get(tenant, runId)
  const request = await parts.state.request(tenant, runId)
  if (!source || !request) throw problem('not-found', `There is no run ${runId}.`)
  const seq = await positionOf(parts, source, body.from)
  const planned = await planOf(parts, tenant, source, body.ir as Json | undefined)
  const { plan, planHash, document = request.document, texts, version } = planned

  const given = (body.outputs ?? {}) as Record<Path, Json>
  const points = choosePoints(await parts.state.points(tenant, runId, seq), Object.keys(given))
  if (points.length > POINTS_MAX)
    throw problem(
      'too-large',
      `${points.length} outputs would be taken over; at most ${POINTS_MAX} can be: fork from an earlier point.`,
    )
  if (body.ir !== undefined) await refuseWhatDoesNotFit(parts, tenant, runId, plan, points)
  refuse('invalid-input', givenThatDoNotFit(plan, given, parts.checkValue))
  const outputs = await referToUploads(parts, tenant, given, '/outputs')
  const input = await inputFor(parts, tenant, plan, body, request.input)

  const putBlob = createPutBlob(parts, tenant)
  for (const { json } of texts) await putBlob(json)
  const storedInput = body.input === undefined ? request.input : await offloadLarge(input.value, putBlob)
  const storedGiven: { path: Path; kind: string; output: Json }[] = []
  for (const [path, output] of Object.entries(outputs.value as Record<Path, Json>))
    storedGiven.push({ path, kind: kindAt(plan, placeOfPath(plan, path)), output: await offloadLarge(output, putBlob) })

  crashPoint('run.checked')
  const result = await parts.runs.insert(tenant, {
    id: newRunId(),
    clientGivenId: false,
    plan: { hash: planHash, plan },
    ...(document !== undefined && { document }),
    input: storedInput,
    workflow: { name: plan.name, ...(version !== undefined && { version }) },
    tags: (body.tags ?? source.tags) as Record<string, string>,
    priority: source.priority,
    forkedFrom: { runId, seq },
    refersTo: [
      ...input.blobs,
      ...outputs.blobs,
      ...storedGiven.flatMap(({ output }) => handlesIn(output)),
      ...planBlobs(plan),
    ],
    takesOver: { paths: points.map(({ path }) => path), given: storedGiven },
    requestFingerprint: sha256(canonicalJson(body as Json)),
    ...(idempotencyKey !== undefined && { idempotency: { ...idempotencyKey, response: createdAnswer } }),
  })
  crashPoint('run.stored')
  switch (result.outcome) {
    case 'created':
      parts.starter.startSoon({ run: result.run, plan, input: storedInput })
      return { answer: createdAnswer(result.run), isReplay: false }
    case 'replayed':
      return { answer: result.response, isReplay: true }
    case 'source-gone':
      throw problem('not-found', `There is no run ${runId} any more.`)
    case 'quota-exceeded':
      throw problem('quota-exceeded', `This tenant may have ${result.runsAtOnce} runs at once, and has them.`)
    case 'exists':
      throw new Error(`The id ${result.run.id} was given twice.`)
    default:
      throw refusedKey(result.outcome)
  }
}

/** The event up to which outputs are taken over. */
async function positionOf({ state }: ForkRunParts, source: RunRow, from: ForkRun['from'] | undefined): Promise<number> {
  if (from === undefined) {
    if (!hasEnded(source)) throw problem('run-active', `The run ${source.id} has not ended: fork it from a checkpoint.`)
    return source.lastSeq
  }
  if (typeof from === 'string') {
    const seq = await state.named(source.tenant, source.id, from)
    if (seq === undefined)
      throw problem('not-found', `The run ${source.id} has no checkpoint named ${JSON.stringify(from)}.`)
    return seq
  }
  if (from > source.lastSeq) throw problem('not-found', `The run ${source.id} has not come to event ${from}.`)
  return from
}

type Planned = {
  plan: Plan
  planHash: string
  document?: string
  /** Of the plan, that it names by content. */
  texts: readonly { json: string }[]
  version?: string
}

async function planOf(parts: ForkRunParts, tenant: TenantId, source: RunRow, ir: Json | undefined): Promise<Planned> {
  if (ir !== undefined) {
    const { blobs, ...compiled } = await parts.compile.orRefuse(tenant, ir)
    return { ...compiled, texts: blobs }
  }
  const plan = await parts.runs.planOf(tenant, source.id)
  if (!plan) throw problem('not-found', `There is no run ${source.id}.`)
  const { version } = source.workflow
  return { plan, planHash: source.planHash, texts: [], ...(version !== undefined && { version }) }
}

/** A document that was changed has to have a place for what is taken over, and schemas that it fits. */
async function refuseWhatDoesNotFit(
  parts: ForkRunParts,
  tenant: TenantId,
  runId: RunId,
  plan: Plan,
  points: readonly PointRow[],
): Promise<void> {
  refuse('invalid-ir', pointsThatDoNotFit(plan, points))
  const checked = points.filter(({ path }) => outputSchemaAt(plan, placeOfPath(plan, path)) !== undefined)
  const errors: ProblemError[] = []
  for (let at = 0; at < checked.length; at += CHECKED_AT_ONCE) {
    const paths = checked.slice(at, at + CHECKED_AT_ONCE).map(({ path }) => path)
    for (const { path, output } of await parts.state.outputs(tenant, runId, paths)) {
      const place = placeOfPath(plan, path)
      const pointer = place.ok ? `/ir${plan.nodes[place.index]?.pointer}/outputSchema` : '/ir'
      for (const { path: inner, message } of await storedValueErrors(
        parts,
        tenant,
        outputSchemaAt(plan, place),
        output,
      )) {
        const what = `the run’s output of \`${path}\`${inner && ` at ${inner}`} ${message}`
        errors.push({ path: pointer, code: 'taken-over-output', message: what })
      }
    }
  }
  refuse('invalid-ir', errors)
}

/** A changed input has to fit, and so has the run's own where the document was changed. */
async function inputFor(
  parts: ForkRunParts,
  tenant: TenantId,
  plan: Plan,
  { input, ir }: ForkCommand['body'],
  stored: Json,
): Promise<Uploaded> {
  if (input !== undefined) return checkInput(parts, tenant, plan, input as Json)
  if (ir !== undefined) {
    const schema = plan.inputSchema === undefined ? undefined : plan.schemas[plan.inputSchema]
    const errors = await storedValueErrors(parts, tenant, schema, stored)
    refuse(
      'invalid-input',
      errors.map((error) => ({ ...error, path: `/input${error.path}` })),
    )
  }
  return { value: stored, blobs: [] }
}

function refuse(name: 'invalid-ir' | 'invalid-input', errors: ProblemError[]): void {
  if (errors.length === 0) return
  const detail = errors.map(({ path, message }) => `${path} ${message}`).join('; ')
  throw problem(name, `${detail}.`, { errors })
}
