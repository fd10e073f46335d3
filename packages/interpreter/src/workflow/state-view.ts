import type { Json, RunState, RunStatus } from '@treadle/contract'
import { pathOf } from '../core/engine.ts'
import { outputData } from '../core/events.ts'
import type { MemoEntry } from '../core/memo.ts'

/** What the query `state` answers: the API's shape, from what the interpreter itself remembers: no `seq`, no retries, and of a container that is done only the result. */
export function stateView(runId: string, status: RunStatus, memo: MemoEntry): RunState {
  const nodes: RunState['nodes'] = {}
  collect(memo, '')
  return { runId, status, asOfSeq: 0, nodes }

  function collect(entry: MemoEntry, path: string): void {
    for (const [key, inner] of entry.inner ?? []) {
      const innerPath = PLACE.test(key) ? `${path}${key}` : pathOf(path, key)
      const node = viewOf(inner)
      if (node) nodes[innerPath] = node
      collect(inner, innerPath)
    }
  }
}

/** Keys of the memo are ids of nodes, or places in a container. */
const PLACE = /^[[#@?!~]/

function viewOf(entry: MemoEntry): RunState['nodes'][string] {
  const { output, ended } = entry
  // Neither was ever attempted.
  if (ended?.status === 'skipped') return { status: 'skipped', attempt: 0 }
  if (ended?.status === 'reused') return { status: 'reused', attempt: 0, ...shown(output) }
  if (output !== undefined) return { status: 'completed', attempt: 1, ...shown(output) }
  if (ended) return { ...ended, attempt: 1 }
  return entry.owner ? { status: 'running', attempt: 1 } : undefined
}

const shown = (output: Json | undefined) => (output === undefined ? {} : outputData(output))
