import type { Client, WorkflowHandle } from '@temporalio/client'

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>
export type HistoryEvent = NonNullable<History['events']>[number]

/** All events of a workflow's history, from its first execution on: each continue-as-new has left one before. */
export async function readHistory({ workflow }: Pick<Client, 'workflow'>, workflowId: string): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = []
  for (let runId: string | undefined | null; ; ) {
    const part = (await workflow.getHandle(workflowId, runId ?? undefined).fetchHistory()).events ?? []
    events.unshift(...part)
    runId = part[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId
    if (!runId) return events
  }
}
