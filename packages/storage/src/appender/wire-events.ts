import {
  type Blob,
  type ErrorInfo,
  isHandle,
  type Json,
  type OutboxEvent,
  toHandle,
  type Usage,
} from '@treadle/contract'
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
export function endEffects(end: AttemptEnd): RowEffects {
  const { usage } = end
  const usageJson = usage && JSON.stringify(usage)
  switch (end.type) {
    case 'node.completed': {
      const cached = end.cached && { cached: true }
      const data = { ...shownOutput(end.output), ...(usage && { usage }), ...cached, checkpoint: true }
      return { data: JSON.stringify(data), output: JSON.stringify(end.output ?? null), usage: usageJson }
    }
    case 'node.retrying': {
      const { error, delayMs } = end
      // Told to Postgres, which does not count it among the node's failures.
      const blocked = error.type === 'budget_exceeded' && { error: JSON.stringify(error) }
      return { data: JSON.stringify({ error, delayMs }), ...blocked, usage: usageJson }
    }
    case 'node.failed': {
      const { error, caught } = end
      return { data: JSON.stringify({ error, caught }), error: JSON.stringify(error), usage: usageJson }
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
export function outboxEffects({ type, data }: OutboxEvent): RowEffects {
  const shown = data as Shown
  switch (type) {
    case 'node.started':
      return { data: JSON.stringify(data), kind: shown.kind, signal: shown.signal }
    case 'node.completed':
    case 'node.reused': {
      const checkpoint = JSON.stringify({ ...data, checkpoint: true })
      const usage = shown.usage && JSON.stringify(shown.usage)
      return { data: checkpoint, output: storedOutput(shown) ?? 'null', usage }
    }
    case 'run.completed':
      return { data: JSON.stringify(data), output: storedOutput(shown) }
    case 'node.failed': {
      // A child's usage counts however it ended; the event has no place for it.
      const { usage, ...failed } = shown
      return {
        data: JSON.stringify(failed),
        error: JSON.stringify(shown.error ?? null),
        usage: usage && JSON.stringify(usage),
      }
    }
    case 'run.failed':
      return { data: JSON.stringify(data), error: JSON.stringify(shown.error ?? null) }
    case 'node.cancelled':
      return { data: '{}', usage: shown.usage && JSON.stringify(shown.usage) }
    case 'run.cancelled': {
      // Postgres looks for the reason at this place, to put in the one that was asked with where there is none.
      const { reason, ...more } = shown
      return { data: JSON.stringify(reason === undefined ? more : { reason, ...more }) }
    }
    default:
      return { data: JSON.stringify(data) }
  }
}

/** How events and answers show an output: `ref` where the whole is a handle. */
const shownOutput = (output: Json): { output: Json } | { ref: Blob } =>
  isHandle(output) ? { ref: output.$blob } : { output: output ?? null }

const storedOutput = ({ ref, output }: Shown): string | undefined =>
  ref ? JSON.stringify(toHandle(ref)) : output === undefined ? undefined : JSON.stringify(output)
