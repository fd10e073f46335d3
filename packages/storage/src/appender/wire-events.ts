import {
  type Blob,
  type ErrorInfo,
  isHandle,
  type Json,
  type OutboxEvent,
  toHandle,
  type Usage,
} from '@treadle/contract'
import { sealData } from '../sealing/seal-data.ts'
import type { Place, Sealer } from '../sealing/sealer.ts'
import type { AttemptEnd } from './types.ts'

/** What Postgres is given of an event beside its data: columns of the rows that the event changes. JSON is text. */
export type RowEffects = {
  data: string
  kind?: string | undefined
  signal?: string | undefined
  output?: string | undefined
  error?: string | undefined
  usage?: string | undefined
}

/** Data of `node.retrying` for an attempt that ended without a word. */
export const DEATH = JSON.stringify({
  error: { type: 'internal', message: 'The attempt ended without a result: its worker died, or was cut off.' },
})

/** The event that ends an attempt, with what it does to the node's row; `output` writes a checkpoint. */
export function endEffects(sealer: Sealer, place: Place, end: AttemptEnd): RowEffects {
  const { usage } = end
  const dataOf = (data: object) => sealData(sealer, place, end.type, data)
  const sealed = (value: unknown) => JSON.stringify(sealer.seal(place, value as Json))
  const usageJson = usage && JSON.stringify(usage)
  switch (end.type) {
    case 'node.completed': {
      const cached = end.cached && { cached: true }
      const data = { ...shownOutput(end.output), ...(usage && { usage }), ...cached, checkpoint: true }
      return { data: dataOf(data), output: sealed(end.output ?? null), usage: usageJson }
    }
    case 'node.retrying': {
      const { error, delayMs } = end
      // Told to Postgres, which does not count it among the node's failures.
      const blocked = error.type === 'budget_exceeded' && { error: sealed(error) }
      return { data: dataOf({ error, delayMs }), ...blocked, usage: usageJson }
    }
    case 'node.failed': {
      const { error, caught } = end
      return { data: dataOf({ error, caught }), error: sealed(error), usage: usageJson }
    }
    case 'node.cancelled':
      return { data: '{}', usage: usageJson }
  }
}

type Shown = {
  output?: Json
  ref?: Blob
  usage?: Usage
  error?: ErrorInfo
  kind?: string
  signal?: string
  reason?: string
}

/** An event of the workflow, with what it does to the rows of its node or run. */
export function outboxEffects(sealer: Sealer, place: Place, { type, data }: OutboxEvent): RowEffects {
  const shown = data as Shown
  // A failure that is told again is known by its data.
  const dataOf = (members: object) => sealData(sealer, place, type, members, { repeatable: type === 'node.failed' })
  const sealed = (value: unknown) => JSON.stringify(sealer.seal(place, value as Json))
  const output = storedOutput(shown)
  const stored = output === undefined ? undefined : sealed(output)
  switch (type) {
    case 'node.started':
      return { data: dataOf(data), kind: shown.kind, signal: shown.signal }
    case 'node.completed':
    case 'node.reused': {
      const checkpoint = dataOf({ ...data, checkpoint: true })
      const usage = shown.usage && JSON.stringify(shown.usage)
      return { data: checkpoint, output: stored ?? sealed(null), usage }
    }
    case 'run.completed':
      return { data: dataOf(data), output: stored }
    case 'node.failed': {
      // A child's usage counts however it ended; the event has no place for it.
      const { usage, ...failed } = shown
      return {
        data: dataOf(failed),
        error: sealed(shown.error ?? null),
        usage: usage && JSON.stringify(usage),
      }
    }
    case 'run.failed':
      return { data: dataOf(data), error: sealed(shown.error ?? null) }
    case 'node.cancelled':
      return { data: '{}', usage: shown.usage && JSON.stringify(shown.usage) }
    case 'run.cancelled': {
      // Postgres looks for the reason at this place, to put in the one that was asked with where there is none.
      const { reason, ...more } = shown
      return { data: dataOf(reason === undefined ? more : { reason, ...more }) }
    }
    default:
      return { data: dataOf(data) }
  }
}

/** How events and answers show an output: `ref` where the whole is a handle. */
const shownOutput = (output: Json): { output: Json } | { ref: Blob } =>
  isHandle(output) ? { ref: output.$blob } : { output: output ?? null }

const storedOutput = ({ ref, output }: Shown): Json | undefined => (ref ? toHandle(ref) : output)
