import { HANDLERS, type Plan, type SignalDelivery, TreadleError } from '@treadle/contract'
import { planOf } from '@treadle/interpreter/testing'
import { expect, test } from 'vitest'
import { type Engine, type Run, startEngine } from '../interpreter/support/engine.ts'
import { CASES, type HistoryCase } from './cases.ts'
import { recordedNames, saveHistory } from './histories.ts'

/**
 * Records the histories that are missing: TREADLE_RECORD_HISTORIES=1 npx vitest run --project stack test/histories/record.test.ts
 * What is recorded stays as it is. Without the variable this only checks that none is missing.
 */
const isRecording = process.env.TREADLE_RECORD_HISTORIES === '1'

test(
  'every case has a recorded history',
  async () => {
    const recorded = await recordedNames()
    const missing = CASES.filter(({ name }) => !recorded.some((each) => each === name || each.startsWith(`${name}.`)))
    if (isRecording && missing.length > 0) await recordAll(missing)
    else expect(missing.map(({ name }) => name)).toEqual([])
  },
  isRecording ? 600_000 : undefined,
)

async function recordAll(cases: HistoryCase[]): Promise<void> {
  // Continues as new soon, so that a small history shows it.
  const engine = await startEngine({ settings: ['limit.historyCount.suggestContinueAsNew=60'] })
  try {
    for (const each of cases) {
      const run = await play(engine, each)
      await run.handle.result().catch(() => {})
      await saveHistory(engine.client, run.handle, each.name)
    }
  } finally {
    await engine.stop()
  }
}

async function play(
  engine: Engine,
  { document, input, segments = [], signals = [], refused = [], answers = {}, ...more }: HistoryCase,
): Promise<Run> {
  const { takenOver, cancelAt, cancelledAt, durationMs } = more
  const plan = withSegments(planOf(document), segments)
  if (durationMs !== undefined) plan.limits.durationMs = durationMs
  const run = await engine.start(plan, {
    input,
    ...(takenOver && { takenOver }),
    work: ({ path }) => {
      if (path === cancelledAt) throw new TreadleError('cancelled', 'It was cancelled.')
      if (refused.includes(path)) throw new TreadleError('refused', 'No.')
      return answers[path] ?? path
    },
  })
  for (const [index, signal] of signals.entries()) {
    await run.log.until('run.waiting')
    const delivery: SignalDelivery = { id: `s${index}`, ...signal }
    await run.handle.executeUpdate(HANDLERS.signal, { args: [delivery] })
  }
  if (cancelAt !== undefined) {
    await run.log.until('node.started', cancelAt)
    await run.handle.cancel()
  }
  return run
}

function withSegments(plan: Plan, segments: string[][]): Plan {
  const indexOf = (id: string) => plan.nodes.findIndex((node) => node.body === 0 && node.id === id)
  const members = segments.map((ids) => ids.map(indexOf))
  const nodes = plan.nodes.map((node, index) => {
    const segment = members.findIndex((each) => each.includes(index))
    return segment < 0 ? node : { ...node, placement: { in: 'segment' as const, segment } }
  })
  return { ...plan, nodes, segments: members.map((own) => ({ body: 0, nodes: own })) as Plan['segments'] }
}
