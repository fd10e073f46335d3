import { parseDuration } from '../duration.ts'
import type { Call } from '../engine.ts'
import { begin } from '../events.ts'
import { cancelled, fail } from '../failure.ts'
import { evaluate, render } from '../render.ts'
import type { Kind, NodeOf } from './kind.ts'

type WaitCall = Call<NodeOf<'wait'>>
type Progress = { untilMs: number; timesOut: boolean }

/** A durable timer. Where `timeout` is shorter, it ends with that error. */
export const runWait: Kind<NodeOf<'wait'>> = async (call) => {
  const progress = (call.memo.progress as Progress | undefined) ?? (await plan(call))
  begin(call, { until: new Date(progress.untilMs).toISOString() })
  call.memo.progress = progress

  const { untilMs, timesOut } = progress
  const slept = await call.engine.host.sleep({ path: call.path, untilMs, purpose: 'wait' }, call.cancellation)
  if (!slept) throw cancelled(call.path)
  if (timesOut) throw fail('timeout', `It took longer than ${call.node.timeoutMs} ms.`, call.path)
  return null
}

async function plan(call: WaitCall): Promise<Progress> {
  const now = call.engine.host.now()
  const { timeoutMs = Number.POSITIVE_INFINITY } = call.node
  const untilMs = await wakeTime(call, now)
  const timesOut = untilMs - now > timeoutMs
  return { untilMs: timesOut ? now + timeoutMs : untilMs, timesOut }
}

async function wakeTime(call: WaitCall, now: number): Promise<number> {
  const { forMs, for: text, until } = call.node
  if (forMs !== undefined) return now + forMs
  if (text !== undefined) {
    const value = await render(call, text)
    const duration = typeof value === 'string' ? parseDuration(value) : undefined
    if (duration === undefined)
      throw fail('invalid_request', `\`for\` has to give a duration such as 1h30m, not ${JSON.stringify(value)}`)
    return now + duration
  }
  const value = until === undefined ? null : await evaluate(call, until)
  const time = typeof value === 'string' && RFC_3339.test(value) ? Date.parse(value) : Number.NaN
  if (Number.isNaN(time))
    throw fail('invalid_request', `\`until\` has to give an RFC 3339 time, not ${JSON.stringify(value)}`)
  return time
}

const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/
