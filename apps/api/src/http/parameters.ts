import { problem } from './problem.ts'

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000 }

/** A request waits at most this long for the end of a run; whoever wants to wait longer asks again. */
const WAIT_MAX_MS = 60_000

/** `30s`, `500ms`, `1m`, or whole seconds; milliseconds. @throws ProblemAnswer for anything else, and past a minute. */
export function waitOf(text: string | undefined, name: string): number {
  if (text === undefined) return 0
  const [, digits, unit = 's'] = /^(\d{1,6})(ms|s|m)?$/.exec(text) ?? []
  const waitMs = Number(digits) * (UNITS[unit] ?? Number.NaN)
  if (Number.isNaN(waitMs)) throw problem('malformed-request', `${name} has to be a time such as 30s.`)
  if (waitMs > WAIT_MAX_MS) throw problem('malformed-request', `${name} can be 60 s at most.`)
  return waitMs
}

/** The seconds of `Prefer: wait=N` (RFC 7240) as milliseconds; undefined without it. Other preferences are not ours. */
export function preferredWait(header: string | string[] | undefined): number | undefined {
  for (const preference of [header ?? []].flat().join(',').split(',')) {
    const [, value] = /^\s*wait\s*=\s*"?(\d{1,6})"?\s*(?:;.*)?$/i.exec(preference) ?? []
    if (value !== undefined) return Math.min(Number(value) * 1_000, WAIT_MAX_MS) // A preference is met as far as it can be.
  }
  return undefined
}

/** Whether the client asks for events. What it would also take does not matter. */
export const acceptsEvents = (accept: string | undefined): boolean =>
  (accept ?? '').split(',').some((range) => range.split(';')[0]?.trim().toLowerCase() === 'text/event-stream')

/** A position in one log: a `seq`. @throws ProblemAnswer */
export function positionOf(text: string, name: string): number {
  if (!/^\d{1,15}$/.test(text)) throw problem('malformed-request', `${name} has to be the id of an event, or "latest".`)
  return Number(text)
}
