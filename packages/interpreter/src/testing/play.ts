import type { Json, Plan } from '@treadle/contract'
import { createCancellation } from '../core/cancellation.ts'
import type { MemoEntry } from '../core/memo.ts'
import { runPlan } from '../core/run-plan.ts'
import { createScriptHost, type Script } from './script-host.ts'

/** `cut`: it waits for something that does not come. */
export type PlayResult = { output: Json } | { error: string; node?: string } | 'cut'

export type PlayOptions = Script & {
  input?: Json
  memo?: MemoEntry
  reused?: ReadonlyMap<string, Json>
  cancelAt?: string
}

/** Runs a plan against a script to its end, or to where the script cuts it. `cancelAt`: cancels the run when this path is asked for. */
export async function play(plan: Plan, { input = null, memo = {}, reused, cancelAt, ...script }: PlayOptions = {}) {
  const cancellation = createCancellation()
  const scripted = createScriptHost({
    ...script,
    onCall: (path) => {
      if (path === cancelAt) cancellation.cancel()
    },
  })
  let result: PlayResult = 'cut'
  const run = { id: 'run_1', startedAt: '2026-11-24T00:00:00.000Z' }
  runPlan(plan, { input, run, host: scripted.host, memo, cancellation, ...(reused && { reused }) }).then(
    (output) => {
      result = { output }
    },
    ({ info }) => {
      result = { error: info.type, ...(info.node === undefined ? {} : { node: info.node }) }
    },
  )
  await scripted.play()
  const { log, requests, calls, nowMs } = scripted
  return { log, requests, calls, nowMs, memo, result }
}
