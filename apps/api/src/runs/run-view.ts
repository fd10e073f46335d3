import { isHandle, type Json, type Run, type RunResult } from '@treadle/contract'
import type { RunRow } from '@treadle/storage'

/** A run as the API shows it. */
export const runView = (row: RunRow): Run => ({
  id: row.id,
  status: row.status,
  ...(row.engineStatus !== undefined && { engineStatus: row.engineStatus }),
  workflow: row.workflow,
  tags: row.tags,
  usage: row.usage,
  ...(row.usage.costUsd !== undefined && { costUsd: row.usage.costUsd }),
  nodes: row.nodes,
  ...outputOrRef(row.output),
  ...(row.error !== undefined && { error: row.error }),
  ...(row.parent !== undefined && { parent: row.parent }),
  ...(row.forkedFrom !== undefined && { forkedFrom: row.forkedFrom }),
  ...(row.forks.length > 0 && { forks: row.forks }),
  createdAt: row.createdAt,
  ...(row.startedAt !== undefined && { startedAt: row.startedAt }),
  ...(row.endedAt !== undefined && { endedAt: row.endedAt }),
})

/** A run as it was when it had just been created: what `POST /runs` answers, also when it is asked again much later. */
export const createdRunView = (row: RunRow): Run => ({
  id: row.id,
  status: 'pending',
  workflow: row.workflow,
  tags: row.tags,
  usage: {},
  nodes: { total: 0, completed: 0, running: 0, failed: 0 },
  ...(row.parent !== undefined && { parent: row.parent }),
  ...(row.forkedFrom !== undefined && { forkedFrom: row.forkedFrom }),
  createdAt: row.createdAt,
})

export const resultView = (row: RunRow): RunResult => ({
  id: row.id,
  status: row.status,
  ...outputOrRef(row.output),
  ...(row.error !== undefined && { error: row.error }),
  usage: row.usage,
  ...(row.usage.costUsd !== undefined && { costUsd: row.usage.costUsd }),
})

export const hasEnded = (row: RunRow): boolean => row.endedSeq !== undefined

const outputOrRef = (output: Json | undefined) => {
  if (output === undefined) return {}
  return isHandle(output) ? { ref: output.$blob } : { output }
}
