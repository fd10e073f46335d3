import { createHash } from 'node:crypto'
import type { Run } from '@treadle/contract'
import { expect, test } from 'vitest'
import { useStack } from '../support/use-stack.ts'
import { collect, createClient, faultsOf, type StreamEvent } from './support/client.ts'
import { answerLargeCalls, LETTERS, large, largeCalls } from './support/large-calls.ts'

const FULL = process.env.TREADLE_TEST_FULL === '1'
const stack = useStack({ workers: 0 })
const client = () => createClient(stack().url)

/** One call more, after all others. */
const calls = () => {
  const { nodes, ...document } = largeCalls(stack().tools)
  const last = { kind: 'tool', tool: 'get', args: { path: 'z' }, after: ['items'] }
  return { ...document, nodes: { ...nodes, last }, output: { items: '${nodes.items}', last: '${nodes.last}' } }
}

/** How often the work of each node was done: its calls name run and path. */
function callsOf(id: string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { headers } of stack().tools.requests) {
    const name = String(headers['idempotency-key'] ?? '')
    if (name.startsWith(`${id}/`)) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts
}

/** Nodes that were begun again after they were done. */
function begunAfterDone(events: readonly StreamEvent[]): string[] {
  const done = new Set<string>()
  return events.flatMap(({ type, node = '' }) => {
    if (type === 'node.completed') done.add(node)
    return type === 'node.started' && done.has(node) ? [node] : []
  })
}

/** The places of these nodes, or of their results, at which a worker is to die: wherever it comes to one of them first. */
function placesOf(point: string, runs: readonly Run[], nodes: readonly string[]): string {
  const attempts = Array.from({ length: 20 }, (_, index) => index + 1)
  const values = [...LETTERS, 'z'].map((letter) =>
    createHash('sha256')
      .update(JSON.stringify(large(letter)))
      .digest('hex'),
  )
  return runs
    .flatMap(({ id }) =>
      point.startsWith('blob.')
        ? values.map((sha256) => `${point} ${id} ${sha256}`)
        : nodes.flatMap((node) => attempts.map((attempt) => `${point} ${id} ${node} ${attempt}`)),
    )
    .join(',')
}

// Between the claim and the call; the call and its blob; the reference and the blob; the blob and the checkpoint; the checkpoint and the word
// to Temporal.
test.each(['attempt.claimed', 'blob.referred', 'blob.stored', 'attempt.executed', 'attempt.ended'])(
  'workers that die at %s, one after the other, lose nothing and do nothing again that is done',
  async (point) => {
    answerLargeCalls(stack().tools)
    const nodes = [...LETTERS].map((_, index) => `items[${index}]`).concat('last')
    const runs = await Promise.all(Array.from({ length: 4 }, () => client().start({ ir: calls() })))
    const crashes = { NODE_ENV: 'test', TREADLE_CRASH_AT: placesOf(point, runs, nodes) }
    for (let death = 0; death < (FULL ? 10 : 1); death++) {
      const worker = await stack().startWorker(crashes)
      expect(await worker.child.exited).toMatchObject({ signal: 'SIGKILL' })
    }
    const last = await stack().startWorker()
    for (const { id } of runs) {
      const result = await client().result(id)
      expect([id, result.status]).toEqual([id, 'completed'])
      const events = await collect(client().follow(id))
      expect(events.filter(({ type, node = '' }) => type === 'node.completed' && nodes.includes(node))).toHaveLength(
        nodes.length,
      )
      expect(faultsOf(events)).toEqual([])
      expect(begunAfterDone(events)).toEqual([])
      const { items, last } = result.output as { items: { $blob: { sha256: string } }[]; last: (typeof items)[0] }
      for (const [index, { $blob }] of [...items, last].entries()) {
        const text = await (await client().get(`/blobs/${$blob.sha256}`)).text()
        expect(text).toBe(JSON.stringify(large(`${LETTERS}z`.charAt(index))))
      }
      // Each attempt does its work once, and the one that got to its end was the last.
      const calls = callsOf(id)
      for (const node of nodes) {
        const starts = events.filter((event) => event.type === 'node.started' && event.node === node).length
        const count = calls.get(`${id}/${node}`) ?? 0
        expect([node, count >= 1 && count <= starts]).toEqual([node, true])
      }
    }
    await last.stop()
  },
  FULL ? 600_000 : 240_000,
)
