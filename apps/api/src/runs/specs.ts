import type { Plan, RunRef, TemporalWorkflowSpec } from '@treadle/contract'
import type { Keyring } from '@treadle/contract/encryption'
import type { RunRow } from '@treadle/storage'
import { buildSpec } from '@treadle/translator'

/** The spec that a stored run is started with, by whoever starts it: a request, or a reconciler much later. */
export type SpecOf = (run: RunRow, plan: Plan, input: unknown, traceparent?: string) => TemporalWorkflowSpec

/** The spec of a plan without a run, for people to look at. */
export type SampleSpec = (plan: Plan) => TemporalWorkflowSpec

export const createSpecOf =
  ({ runTimeoutMs, keyring }: { runTimeoutMs: number; keyring?: Keyring | undefined }): SpecOf =>
  ({ ref, workflow, tags, priority, pauseRequested, forkedFrom }, plan, input, traceparent) => {
    const { name, version } = workflow
    const facts = {
      run: { ...ref, ...(traceparent !== undefined && { traceparent }) },
      input,
      takesOver: forkedFrom !== undefined,
      ...(version !== undefined && { workflow: { name, version } }),
      tags: Object.entries(tags).map(([key, value]) => `${key}=${value}`),
      paused: pauseRequested,
      encrypted: keyring !== undefined,
      priority,
      fairnessKey: ref.tenant,
    }
    return buildSpec(plan, facts, runTimeoutMs)
  }

export const createSampleSpec =
  ({ runTimeoutMs }: { runTimeoutMs: number }): SampleSpec =>
  (plan) =>
    buildSpec(plan, { run: SAMPLE_RUN, input: {} }, runTimeoutMs)

const SAMPLE_RUN: RunRef = {
  id: 'run_00000000000000000000000000',
  tenant: 'default',
  createdAt: '1970-01-01T00:00:00.000Z',
}
