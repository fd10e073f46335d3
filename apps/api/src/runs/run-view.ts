import { isHandle, type Json, type Run, type RunId, type RunResult, type RunStatus } from '@treadle/contract'
import type { RunRow, SerialisedEvent } from '@treadle/storage'

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

/** The same, read off the run's last event; undefined where that does not say what the run has used. */
export function resultOfLastEvent({ json }: SerialisedEvent): RunResult | undefined {
  const { runId, type, data } = JSON.parse(json) as { runId: RunId; type: string; data: LastData }
  const { usage, output, ref, error } = data
  if (usage === undefined) return undefined
  return {
    id: runId,
    status: type.slice('run.'.length) as RunStatus,
    ...(output !== undefined && { output }),
    ...(ref !== undefined && { ref }),
    ...(error !== undefined && { error }),
    usage,
    ...(usage.costUsd !== undefined && { costUsd: usage.costUsd }),
  }
}

type LastData = Pick<RunResult, 'usage' | 'output' | 'ref' | 'error'>

export const hasEnded = (row: RunRow): boolean => row.endedSeq !== undefined

const outputOrRef = (output: Json | undefined) => {
  if (output === undefined) return {}
  return isHandle(output) ? { ref: output.$blob } : { output }
}
