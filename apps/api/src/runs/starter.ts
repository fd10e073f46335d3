import { randomUUID } from 'node:crypto'
import type { Bridge } from '@treadle/bridge'
import { handlesIn, planBlobs, workflowIdOf } from '@treadle/contract'
import type { BlobRefs, PendingStart, RunRow, RunStore } from '@treadle/storage'
import type { Tracing } from '@treadle/telemetry'
import type { FastifyBaseLogger } from 'fastify'
import { crashPoint } from '../crash-points.ts'
import type { SpecOf } from './specs.ts'

/** How many starts may be under way beside requests; what comes on top is left to the reconciler. */
const IN_FLIGHT_MAX = 64

/** Hands stored runs to Temporal. Starting again is harmless, so a request and reconcilers may do it at once. */
export type Starter = {
  /** Begins in the background: whoever asked for the run has it already. What fails here is done by the reconciler. */
  startSoon(pending: PendingStart & { traceparent?: string }): void
  /** @throws TreadleError of the bridge. */
  start(pending: PendingStart & { traceparent?: string }): Promise<void>
  /** Resolves when nothing is under way any more. */
  drain(): Promise<void>
}

export function createStarter({
  bridge,
  runs,
  blobRefs,
  specOf,
  tracing,
  log,
}: {
  bridge: Pick<Bridge, 'start' | 'signalLater' | 'control'>
  runs: Pick<RunStore, 'markStarted'>
  blobRefs: Pick<BlobRefs, 'add'>
  specOf: SpecOf
  tracing?: Pick<Tracing, 'start'> | undefined
  log: FastifyBaseLogger
}): Starter {
  const inFlight = new Set<Promise<void>>()

  const start = async ({ run, plan, input, traceparent }: PendingStart & { traceparent?: string }) => {
    // Before Temporal sees a handle: from here on the sweeper leaves the blob alone as long as the run is kept.
    const blobs = [...handlesIn(input), ...planBlobs(plan)]
    if (blobs.length > 0) await blobRefs.add(run.tenant, run.id, blobs)
    const span = tracing?.start('start workflow', {
      kind: 'client',
      parent: traceparent,
      attributes: { 'treadle.run.id': run.id, 'treadle.workflow.name': run.workflow.name },
    })
    try {
      await bridge.start(specOf(run, plan, input, span?.traceparent ?? traceparent))
      span?.end()
    } catch (error) {
      span?.end('unavailable')
      throw error
    }
    crashPoint('run.told')
    await handOver(run)
    crashPoint('run.marked')
  }

  /** What came before the run began, in its order. Until nothing is left the run is not marked, so nothing is lost with this process. */
  const handOver = async ({ tenant, id, pauseRequested }: RunRow) => {
    const workflowId = workflowIdOf(tenant, id)
    for (let delivered = 0; ; ) {
      const { signals, paused } = await runs.markStarted(tenant, id, delivered)
      for (const { seq, ...signal } of signals) {
        await bridge.signalLater(workflowId, { ...signal, received: true })
        delivered = seq
      }
      if (signals.length > 0) continue
      if (paused !== pauseRequested) {
        await bridge.control(workflowId, { id: randomUUID(), action: paused ? 'pause' : 'resume' })
      }
      return
    }
  }

  return {
    start,
    startSoon(pending) {
      if (inFlight.size >= IN_FLIGHT_MAX) return
      const started = start(pending)
        .catch((error) => log.warn({ err: error, runId: pending.run.id }, 'A run is left to the reconciler to start'))
        .finally(() => inFlight.delete(started))
      inFlight.add(started)
    },
    async drain() {
      await Promise.all(inFlight)
    },
  }
}
