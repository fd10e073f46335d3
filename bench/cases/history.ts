import { Client, Connection } from '@temporalio/client'
import { type Json, workflowIdOf } from '@treadle/contract'
import { type HistoryEvent, readHistory } from '@treadle/local'
import type { Case, CaseContext, Line } from '../harness/case.ts'
import { askJson } from '../load/http.ts'

export const p12: Case = {
  id: 'P12',
  title: 'what a run leaves in Temporal',
  // The same every time, so it is measured once.
  async measure(context) {
    const servers = await context.bed.servers()
    const connection = await Connection.connect({ address: servers.temporalAddress })
    try {
      const client = new Client({ connection, namespace: servers.temporalNamespace })
      return [...(await agentLines(context, client)), await mapLine(context, client)]
    } finally {
      await connection.close()
    }
  },
}

const HEAD = {
  ir: 'treadle/v1',
  models: { scripted: { provider: 'openai', model: 'm' } },
  tools: { page: { kind: 'function', name: 'page' }, step: { kind: 'function', name: 'step' } },
}

/** Each turn is a model call and a call of a tool. */
async function agentLines(context: CaseContext, client: Client): Promise<Line[]> {
  const turns = context.quick ? 10 : 100
  const agent = { kind: 'agent', model: 'scripted', input: '${input}', tools: ['page'], maxTurns: turns + 1 }
  const input = JSON.stringify({ turns, tool: 'page' })
  const { workflowId, history } = await play(context, client, { name: 'bench-agent', nodes: { agent } }, input)
  const { raw } = await client.workflow.getHandle(workflowId).describe()
  const all = Number(raw.workflowExecutionInfo?.historySizeBytes)
  const half = bytesBefore(history, `agent~${turns / 2}.model`)
  const growth = (all - half) / half
  return [
    {
      what: `agent of ${turns} turns, each with a result of 10 KB: history a turn`,
      unit: 'bytes',
      figures: { ours: [all / turns] },
      budgets: [{ atMost: 4096 }],
      notes: [`${history.length} events`],
    },
    // Constant; a twentieth is left for numbers that get longer.
    { what: 'its second half ÷ its first', unit: '', figures: { ours: [growth] }, budgets: [{ atMost: 1.05 }] },
  ]
}

async function mapLine(context: CaseContext, client: Client): Promise<Line> {
  const count = context.quick ? 50 : 1_000
  const item = { kind: 'llm', model: 'scripted', prompt: JSON.stringify({ tokens: 1, perSecond: 0 }) }
  const map = { kind: 'map', over: 'input', maxItems: count, concurrency: 100, do: item }
  const { history } = await play(context, client, { name: 'bench-map', nodes: { map } }, new Array(count).fill(0))
  return {
    what: `map of ${count.toLocaleString('en-US')} model calls: history events an item`,
    unit: '',
    figures: { ours: [history.length / count] },
    budgets: [{ atMost: 12 }],
  }
}

/** A run to its end, and its history. */
async function play(context: CaseContext, client: Client, document: object, input: Json) {
  const { url } = await context.bed.side('treadle')
  const run = await askJson('POST', `${url}/runs`, JSON.stringify({ ir: { ...HEAD, ...document }, input }))
  const end = await askJson('GET', `${url}/runs/${run.id}/result?wait=60s`)
  if (end.status !== 'completed') throw new Error(`A run did not complete: ${JSON.stringify(end).slice(0, 500)}`)
  const workflowId = workflowIdOf('default', String(run.id))
  await client.workflow.getHandle(workflowId).result()
  return { workflowId, history: await readHistory(client, workflowId) }
}

/** How large the history was, in bytes, when that activity was given out. */
function bytesBefore(history: readonly HistoryEvent[], activityId: string): number {
  const at = history.findIndex(({ activityTaskScheduledEventAttributes: given }) => given?.activityId === activityId)
  const task = history.slice(0, at).findLast((event) => event.workflowTaskStartedEventAttributes)
  return Number(task?.workflowTaskStartedEventAttributes?.historySizeBytes)
}
