import { isHandle, type RunState, type RunStatus } from '@treadle/contract'
import { pathOf } from '../core/engine.ts'
import type { MemoEntry } from '../core/memo.ts'

/** What the query `state` answers: the API's shape, from what the interpreter itself remembers. It knows no `seq` and no retries. */
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
  if (entry.output !== undefined) {
    const output = isHandle(entry.output) ? { ref: entry.output.$blob } : { output: entry.output }
    return { status: 'completed', attempt: 1, ...output }
  }
  return entry.owner ? { status: 'running', attempt: 1 } : undefined
}
