import type { Json } from '@treadle/contract'
import { handlesIn } from '@treadle/contract'
import type { Call } from '../engine.ts'
import { at } from '../engine.ts'
import { begin } from '../events.ts'
import { cancelled, fail } from '../failure.ts'
import { render } from '../render.ts'
import { mismatch } from '../schema.ts'
import { textOf } from '../text.ts'
import { deadlineOf } from '../with-timeout.ts'
import type { Kind, NodeOf } from './kind.ts'

type ReceiveCall = Call<NodeOf<'receive'>>

/** Waits for a signal: its payload; after `timeout` the `default`, and without one the error `timeout`. */
export const runReceive: Kind<NodeOf<'receive'>> = async (call) => {
  const taken = call.memo.progress as Taken | undefined
  if (taken) return taken.payload
  const { signal, timeoutMs, default: fallback } = call.node
  const untilMs = timeoutMs === undefined ? undefined : deadlineOf(call, timeoutMs)
  await announce(call, untilMs)

  const fits = (payload: Json) => fitsSchema(call, payload)
  const request = { path: call.path, signal, fits, ...(untilMs === undefined ? {} : { untilMs }) }
  const outcome = await call.engine.host.receive(request, call.cancellation)
  if (outcome === 'cancelled') throw cancelled(call.path)
  if (outcome !== 'timeout') return take(call, outcome.payload)
  if (fallback === undefined) throw fail('timeout', `No signal \`${signal}\` came within ${timeoutMs} ms.`, call.path)
  return render(call, fallback)
}

type Taken = { payload: Json }

/** A signal comes once: that it came is noted before anything else can be waited for. */
function take(call: ReceiveCall, payload: Json): Json {
  call.memo.progress = { payload } satisfies Taken
  return payload
}

/** What a person has to see: which signal, until when, the title, the form and the schema of the answer. */
async function announce(call: ReceiveCall, untilMs: number | undefined): Promise<void> {
  if (call.memo.owner) return
  const { signal, title, form, outputSchema } = call.node
  const shownTitle = title === undefined ? undefined : textOf(await render(call, title))
  const shownForm = form === undefined ? undefined : await render(call, form)
  begin(call, {
    signal,
    ...(typeof shownTitle === 'string' ? { title: shownTitle } : {}),
    ...(shownForm === undefined ? {} : { form: shownForm }),
    ...(outputSchema === undefined ? {} : { schema: at(call.engine.plan.schemas, outputSchema, 'schema') }),
    ...(untilMs === undefined ? {} : { until: new Date(untilMs).toISOString() }),
  })
}

/** A payload with handles is taken as it is: it was checked when it came in. */
function fitsSchema({ engine, node }: ReceiveCall, payload: Json): boolean {
  if (node.outputSchema === undefined || handlesIn(payload).length > 0) return true
  return mismatch(payload, at(engine.plan.schemas, node.outputSchema, 'schema')) === undefined
}
