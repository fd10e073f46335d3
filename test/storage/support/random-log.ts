import type { RunRef } from '@treadle/contract'
import fc from 'fast-check'
import type { Storage } from './storage.ts'

/** What happens in a run, in short. `break`: a batch ends, so that text on both sides stays two events. */
export type Step =
  | { kind: 'text'; path: string; text: string }
  | { kind: 'log'; path: string; message: string }
  | { kind: 'retry'; path: string }
  | { kind: 'outbox'; message: string }
  | { kind: 'break' }

const path = fc.constantFrom('a', 'b', 'map["ké\\"y"].x')
const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
  fc.constantFrom('🌍', '\ud83c', '\udf0d', '\u2028', '"\\\n\t', ' token'),
)

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('text' as const), path, text }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('log' as const), path, message: text }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('retry' as const), path }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('outbox' as const), message: text }) },
    { weight: 3, arbitrary: fc.constant({ kind: 'break' as const }) },
  ),
  { minLength: 1, maxLength: 60 },
)

/** Writes these steps into a new run, through the appender, and ends it. */
export async function writeLog({ appender, startRun }: Storage, all: readonly Step[]): Promise<RunRef> {
  const run = await startRun()
  const attempts = new Map<string, { attempt: number; ordinal: number; offset: number }>()
  let n = 0
  let calls: Promise<unknown>[] = []
  const settle = async () => {
    await Promise.all(calls)
    calls = []
  }
  const open = async (path: string) => {
    const known = attempts.get(path)
    if (known) return known
    await settle()
    const claim = await appender.claim({ run, path, kind: 'llm', runtime: 'typescript', outbox: [] })
    if (claim.status !== 'claimed') throw new Error(`${path} was not claimed: ${claim.status}`)
    const opened = { attempt: claim.attempt, ordinal: 0, offset: 0 }
    attempts.set(path, opened)
    return opened
  }
  for (const step of all) {
    if (step.kind === 'break') {
      await settle()
    } else if (step.kind === 'outbox') {
      n += 1
      const data = { level: 'info', message: step.message }
      calls.push(appender.record({ run, outbox: [{ n, type: 'log', data }] }))
      await settle()
    } else {
      const held = await open(step.path)
      const key = { run, path: step.path, attempt: held.attempt }
      held.ordinal += 1
      const { ordinal } = held
      if (step.kind === 'retry') {
        await settle()
        const error = { type: 'unavailable', message: 'no' }
        await appender.end({ ...key, events: [], end: { type: 'node.retrying', ordinal, error, delayMs: 0 } })
        attempts.delete(step.path)
      } else if (step.kind === 'text') {
        const data = { text: step.text, offset: held.offset }
        held.offset += Array.from(step.text).length
        calls.push(appender.append({ ...key, events: [{ ordinal, type: 'node.delta', data }] }))
      } else {
        calls.push(appender.append({ ...key, events: [{ ordinal, type: 'log', data: { message: step.message } }] }))
      }
    }
  }
  await settle()
  await appender.record({ run, outbox: [{ n: n + 1, type: 'run.completed', data: { output: null } }] })
  return run
}
