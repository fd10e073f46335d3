import { fileURLToPath } from 'node:url'
import type { StreamEvent } from '../e2e/support/client.ts'

/** For `workerEnv`: the functions `step` and `byPath`. */
export const FUNCTIONS = { TREADLE_FUNCTIONS: fileURLToPath(new URL('../fixtures/functions.mjs', import.meta.url)) }

export const TOOLS = { step: { kind: 'function', name: 'step' }, byPath: { kind: 'function', name: 'byPath' } }

/**
 * What has to be the same however a run is executed: the events of each path in their order, with joined deltas, without numbers, times and the ids
 * of signals.
 */
export function eventsByPath(events: readonly StreamEvent[]): Record<string, unknown[]> {
  const byPath: Record<string, unknown[]> = {}
  for (const { type, node = '', attempt, data: whole } of events) {
    const { until: _until, id: _id, ...data } = whole as { until?: string; id?: string; text?: string }
    const own = byPath[node] ?? []
    byPath[node] = own
    const last = own.at(-1) as { type: string; attempt?: number; data: { text?: string } } | undefined
    if (type === 'node.delta' && last?.type === type && last.attempt === attempt) {
      last.data = { ...last.data, text: `${last.data.text}${data.text}` }
    } else own.push({ type, attempt, data })
  }
  return byPath
}
