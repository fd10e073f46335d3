import type { Bridge } from '@treadle/bridge'
import {
  handlesIn,
  type Json,
  type JsonSchema,
  type Path,
  type Plan,
  type ProblemError,
  type RunId,
  type SignalAccepted,
  type SignalDelivery,
  type TenantId,
  workflowIdOf,
} from '@treadle/contract'
import type { BlobRefs, EventLog, IdempotencyKey, RunRow, RunStore, StoredResponse, WaitingRow } from '@treadle/storage'
import { crashPoint } from '../crash-points.ts'
import { effectIdOf } from '../http/idempotency.ts'
import { problem } from '../http/problem.ts'
import { unreachable } from './bridge-problems.ts'
import type { CheckValue } from './check-value.ts'
import { offloadLarge } from './large-values.ts'
import { createPutBlob, type PutBlobParts } from './put-blob.ts'
import { hasEnded } from './run-view.ts'
import { awaitSignalReceived } from './signal-log.ts'

export type SignalCommand = {
  tenant: TenantId
  runId: RunId
  name: string
  node: Path | undefined
  payload: Json
  /** Makes a repeat harmless. With one the signal may have been sent before, and be in the log already. */
  key: IdempotencyKey | undefined
}

export type DeliverSignalParts = PutBlobParts & {
  blobRefs: Pick<BlobRefs, 'add'>
  runs: Pick<RunStore, 'get' | 'planOf' | 'waiting' | 'keepSignal'>
  log: Pick<EventLog, 'read' | 'follow'>
  bridge: Pick<Bridge, 'signalUpdate' | 'signalLater'>
  checkValue: CheckValue
}

/** The receipt follows the delivery at once; a workflow without a worker gives none. */
const RECEIPT_TIMEOUT_MS = 10_000

/**
 * Delivers a signal: to the oldest `receive` of its name that waits, or the one named by path; with none waiting it is kept.
 * The payload is checked here, so a wrong one never reaches the run. Resolves when `signal.received` is in the log.
 * @throws ProblemAnswer
 */
export const createDeliverSignal =
  (parts: DeliverSignalParts) =>
  async (command: SignalCommand): Promise<StoredResponse> => {
    const { runs, log, bridge, checkValue } = parts
    const { tenant, runId, name, key } = command
    const id = effectIdOf(key)
    const accepted = (seq: number) => acceptedAnswer({ id: runId, signal: name, seq })
    const run = await runs.get(tenant, runId)
    if (!run) throw problem('not-found', `There is no run ${runId}.`)
    const received = { tenant, runId, id, after: key ? 0 : run.lastSeq }

    if (key) {
      const seq = await awaitSignalReceived(log, { ...received, waitMs: 0 })
      if (seq !== undefined) return accepted(seq)
    }
    if (hasEnded(run)) throw problem('run-ended', `The run is ${run.status}.`)

    const waiting = await runs.waiting(tenant, runId)
    const target = waiting.find(({ signal, path }) => signal === name && (command.node ?? path) === path)
    const plan = await runs.planOf(tenant, runId)
    checkPayload(checkValue, command, target, plan)
    crashPoint('signal.checked')
    const payload = await keepLarge(parts, command)
    // Before it began there is nobody to take it but Postgres; a child has its parent's workflow, which starts it at once.
    const isEarly = !run.startedInTemporal && run.parent === undefined
    const idempotency = key && { ...key, response: accepted }
    const kept = isEarly ? await runs.keepSignal(tenant, runId, { id, name, payload }, idempotency) : undefined
    crashPoint('signal.kept')
    if (kept !== undefined) return accepted(kept)
    await send(bridge, run, { id, name, payload, ...(command.node !== undefined && { node: command.node }) }, target)
    crashPoint('signal.sent')

    const seq = await awaitSignalReceived(log, { ...received, waitMs: RECEIPT_TIMEOUT_MS })
    if (seq === undefined) throw await noReceipt(runs, tenant, runId)
    crashPoint('signal.received')
    return accepted(seq)
  }

const acceptedAnswer = (accepted: SignalAccepted): StoredResponse => ({
  status: 202,
  body: accepted as unknown as Json,
  headers: {},
})

/** The payload with its large parts stored: nothing large goes into Temporal, and the run refers to them before that sees them. */
async function keepLarge(parts: DeliverSignalParts, { tenant, runId, payload }: SignalCommand): Promise<Json> {
  const kept = await offloadLarge(payload, createPutBlob(parts, tenant))
  const blobs = handlesIn(kept)
  if (blobs.length > 0) await parts.blobRefs.add(tenant, runId, blobs)
  return kept
}

/** @throws ProblemAnswer `not-found` when nothing in the plan has that name, `invalid-signal` when the payload fits none. */
function checkPayload(
  checkValue: CheckValue,
  { name, node, payload }: SignalCommand,
  target: WaitingRow | undefined,
  plan: Plan | undefined,
): void {
  const expected = (plan?.signals ?? []).filter((signal) => signal.name === name)
  if (expected.length === 0 && !target) {
    throw problem('not-found', `No receive of this run has the signal ${JSON.stringify(name)}.`)
  }
  if (node !== undefined && !target) {
    throw problem('not-found', `No receive of the signal ${JSON.stringify(name)} waits at ${node}.`)
  }
  const schemas = target
    ? [target.schema as JsonSchema | undefined]
    : expected.map(({ schema }) => (schema === undefined ? undefined : plan?.schemas[schema]))
  const faults = schemas.map((schema) => checkValue(schema, payload))
  if (faults.some((errors) => errors.length === 0)) return
  const errors = faults.flat()
  throw problem('invalid-signal', sentence(errors), { errors })
}

async function send(
  bridge: DeliverSignalParts['bridge'],
  run: RunRow,
  delivery: SignalDelivery,
  target: WaitingRow | undefined,
): Promise<void> {
  const workflowId = workflowIdOf(run.tenant, run.id)
  try {
    if (target) {
      const outcome = await bridge.signalUpdate(workflowId, delivery)
      if (outcome === 'accepted') return
      if (outcome === 'no-worker') throw problem('dependency-unavailable', NO_WORKER)
      // Somebody else was faster: the receive has its signal, so this one is kept like one that came early.
    }
    const outcome = await bridge.signalLater(workflowId, delivery)
    if (outcome === 'sent') return
  } catch (error) {
    throw unreachable(error)
  }
  if (run.status === 'pending') {
    throw problem('dependency-unavailable', 'The run has not begun yet. Send the signal again when it is running.')
  }
  throw problem('run-ended', 'The run has just ended.')
}

const NO_WORKER =
  'No worker took the signal within 10 s. Send it again with the same Idempotency-Key: it is delivered once.'

/** Between the check and the delivery the run may have ended. */
async function noReceipt(runs: Pick<RunStore, 'get'>, tenant: TenantId, runId: RunId) {
  const run = await runs.get(tenant, runId)
  return run && hasEnded(run)
    ? problem('run-ended', `The run is ${run.status}.`)
    : problem('dependency-unavailable', NO_WORKER)
}

const sentence = (errors: readonly ProblemError[]) =>
  `${errors.map(({ path, message }) => `${path === '' ? 'The payload' : path} ${message}`).join('; ')}.`
