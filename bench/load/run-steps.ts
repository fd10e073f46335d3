import { askJson } from './http.ts'
import type { StepsJob, StepsResult } from './jobs.ts'

/** Starts runs, `atOnce` at a time, and sees the result of each. */
export async function runSteps({ url, body, runs, atOnce }: StepsJob): Promise<StepsResult> {
  const latenciesMs: number[] = []
  let left = runs
  const lane = async () => {
    while (left > 0) {
      left -= 1
      const startedAt = performance.now()
      const end = await askJson('POST', `${url}/runs`, body, { prefer: 'wait=60' })
      if (end.status !== 'completed') throw new Error(`A run did not complete: ${JSON.stringify(end).slice(0, 500)}`)
      latenciesMs.push(performance.now() - startedAt)
    }
  }
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: atOnce }, lane))
  return { latenciesMs, wallMs: performance.now() - startedAt }
}
