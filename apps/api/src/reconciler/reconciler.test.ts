import type { EngineState } from '@treadle/bridge'
import type { ForcedEnd, OpenRun } from '@treadle/storage'
import { pino } from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createReconciler } from './reconciler.ts'

const openRun = (index: number): OpenRun => ({
  run: { tenant: 'default', id: `run_${index}`, createdAt: new Date(index).toISOString() },
  status: 'waiting',
  lastSeq: 3,
})

/** A reconciler of these open runs, in the order of their creation; Temporal says of each what `describe` says. */
function reconcile(open: OpenRun[], describe: (workflowId: string) => Promise<EngineState>) {
  const closed: ForcedEnd[] = []
  const pages: number[] = []
  const reconciler = createReconciler({
    runs: {
      pendingStarts: async () => [],
      openRuns: async ({ limit, after }) => {
        const from = after ? open.findIndex(({ run }) => run.id === after.id) + 1 : 0
        const page = open.slice(from, from + limit)
        pages.push(page.length)
        return page
      },
      close: async (end) => closed.push(end) > 0,
      get: async () => undefined,
      orphans: async () => [],
      requestCancel: async () => 'requested',
    },
    bridge: { describe, cancel: async () => 'requested' },
    starter: { start: async () => {} },
    tellChildEnds: async () => 0,
    intervalMs: 0,
    log: pino({ level: 'silent' }),
  } as Parameters<typeof createReconciler>[0])
  reconciler.start()
  onTestFinished(() => reconciler.stop())
  return { closed, pages }
}

test('one ended run among any number of living ones is found and closed', async () => {
  const { closed, pages } = reconcile(
    Array.from({ length: 7_050 }, (_, index) => openRun(index)),
    async (id) =>
      id === 'default:run_7049' ? { state: 'closed', how: 'terminated', reason: undefined } : { state: 'running' },
  )
  await vi.waitFor(() => expect(closed).toHaveLength(1), { timeout: 15_000, interval: 5 })
  expect(closed[0]).toMatchObject({ type: 'run.cancelled', run: { id: 'run_7049' }, data: { forced: true } })
  expect(pages).toEqual([...Array(70).fill(100), 50])
})

test('runs that Temporal does not answer for hide none that come after them', async () => {
  const { closed } = reconcile(
    Array.from({ length: 250 }, (_, index) => openRun(index)),
    async (id) => {
      if (id !== 'default:run_249') throw new Error('no answer')
      return { state: 'not-found' }
    },
  )
  await vi.waitFor(() => expect(closed).toHaveLength(1), { timeout: 15_000, interval: 5 })
  expect(closed[0]).toMatchObject({ type: 'run.failed', engineStatus: 'NOT_FOUND' })
})
