import { APPROVAL_SCHEMA, type Approval, handlesIn, type Json } from '@treadle/contract'
import type { Cancellation } from '../cancellation.ts'
import type { Call } from '../engine.ts'
import { begin, emitCancelled, emitCompleted } from '../events.ts'
import { cancelled } from '../failure.ts'
import type { NodeOf } from '../kinds/kind.ts'
import { finish } from '../memo.ts'
import { mismatch } from '../schema.ts'
import { innerCall } from './inner-call.ts'

/** Shows the call with its arguments to a person, and waits for the signal `approve_<tool>`. */
export async function approve(
  call: Call<NodeOf<'agent'>>,
  { name, args, place }: { name: string; args: Json; place: string },
  cancellation: Cancellation,
): Promise<Approval> {
  const signal = `approve_${name}`
  const inner = innerCall(call, place, { kind: 'receive', signal }, cancellation)
  if (inner.memo.output !== undefined) return inner.memo.output as Approval
  begin(inner, { signal, title: `May \`${name}\` be called?`, detail: args, schema: APPROVAL_SCHEMA })

  const fits = (payload: Json) => handlesIn(payload).length === 0 && mismatch(payload, APPROVAL_SCHEMA) === undefined
  const outcome = await call.engine.host.receive({ path: inner.path, signal, fits }, cancellation)
  if (outcome === 'cancelled' || outcome === 'timeout') {
    emitCancelled(inner)
    throw cancelled(inner.path)
  }
  const answer = fits(outcome.payload) ? outcome.payload : { ok: false, reason: 'The answer had another shape.' }
  emitCompleted(inner, answer)
  finish(inner.memo, answer)
  return answer as Approval
}
