import { Client, Connection } from '@temporalio/client'
import { type PendingPage, type RunState, workflowIdOf } from '@treadle/contract'
import { sampleValue } from '@treadle/local'
import { sample } from '@treadle/translator/testing'
import { expect } from 'vitest'
import { createLimit } from '../../support/limit.ts'
import type { Stack } from '../../support/stack.ts'
import { collect, createClient, faultsOf, type StreamEvent } from './client.ts'

/** So many runs at the same time: they wait, most of the time. */
const AT_ONCE = 8

/**
 * Starts the same run again and again, and cancels each at another of its events: all of them with TREADLE_TEST_FULL=1, else `count`. Whoever
 * is waited for answers with something that fits. Each ends as cancelled, begins nothing more, and leaves nothing running.
 */
export async function cancelAnywhere(
  stack: Stack,
  body: { ir: unknown; input: unknown },
  count: number,
): Promise<void> {
  const client = createClient(stack.url)
  const connection = await Connection.connect({ address: stack.temporalAddress })
  try {
    const { id } = await client.start(body)
    const events = await collect(answering(id))
    expect(events.at(-1)?.type).toBe('run.completed')
    const limit = createLimit(AT_ONCE)
    await Promise.all(sample(events.slice(0, -1), count).map(({ seq }) => limit(() => cancelledAt(seq))))
  } finally {
    await connection.close()
  }

  async function cancelledAt(seq: number): Promise<void> {
    const { id } = await client.start(body)
    const accepted = await cancelAt(id, seq)
    const log = await collect(client.follow(id))
    expect([seq, faultsOf(log)]).toEqual([seq, []])
    expect([seq, beganAfter(log, accepted)]).toEqual([seq, []])
    // A run whose last node had ended when the cancel came may have completed.
    expect(log.at(-1)?.type).toMatch(isOver(log, accepted) ? /^run\.(cancelled|completed)$/ : /^run\.cancelled$/)
    await expectNothingRuns(id)
  }

  /** The run's events; whoever is waited for answers with something that fits. */
  async function* answering(id: string) {
    for await (const event of client.follow(id)) {
      yield event
      if (event.type === 'run.waiting') await answerAll(id)
    }
  }

  async function answerAll(id: string): Promise<void> {
    const { items } = (await (await client.get(`/runs/${id}/pending`)).json()) as PendingPage
    for (const { signal, node, schema } of items) {
      const payload = sampleValue((schema ?? {}) as never)
      await client.post(`/runs/${id}/signals/${signal}?node=${encodeURIComponent(node)}`, payload)
    }
  }

  /** Cancels as soon as that event is seen (asking twice changes nothing), and tells how far the log was when that was accepted. */
  async function cancelAt(id: string, seq: number): Promise<number> {
    for await (const event of answering(id)) if (event.seq >= seq) break
    const answers = [await client.post(`/runs/${id}/cancel`, {}), await client.post(`/runs/${id}/cancel`, {})]
    for (const { status } of answers) expect([202, 409]).toContain(status)
    const { asOfSeq } = (await (await client.get(`/runs/${id}/state`)).json()) as RunState
    return asOfSeq
  }

  async function expectNothingRuns(id: string): Promise<void> {
    const handle = new Client({ connection }).workflow.getHandle(workflowIdOf('default', id))
    await handle.result().catch(() => {})
    const { raw } = await handle.describe()
    expect(raw.pendingActivities ?? []).toEqual([])
    const state = (await (await client.get(`/runs/${id}/state`)).json()) as {
      nodes: Record<string, { status: string }>
    }
    expect(
      Object.entries(state.nodes).filter(([, { status }]) => status === 'running' || status === 'retrying'),
    ).toEqual([])
  }
}

const isWorkers = ({ type, data }: StreamEvent) => type === 'node.started' && 'runtime' in (data as object)

/** What a worker was given, and completed, though the cancel had been accepted. */
function beganAfter(log: readonly StreamEvent[], accepted: number): unknown[] {
  const late = new Set(log.flatMap((event) => (isWorkers(event) && event.seq > accepted ? [event.node] : [])))
  return log.flatMap(({ type, node }) => (type === 'node.completed' && late.has(node) ? [node] : []))
}

/** No worker had anything left to do. */
const isOver = (log: readonly StreamEvent[], accepted: number) =>
  !log.some(({ type, seq }) => seq > accepted && type === 'node.cancelled') &&
  !log.some((event) => isWorkers(event) && event.seq > accepted)
