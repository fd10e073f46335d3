import { setTimeout as sleep } from 'node:timers/promises'
import { askJson } from './http.ts'
import type { StartsJob, StartsResult } from './jobs.ts'
import { summaryOf } from './summary.ts'

/** Starts runs at the times at which they are due, however slow the answers to the others are; that they wait counts. */
export async function startRuns({ url, body, runs, perSecond }: StartsJob): Promise<StartsResult> {
  const latenciesMs: number[] = []
  const refused: string[] = []
  const startedAt = performance.now()
  const start = async (dueAt: number) => {
    try {
      await askJson('POST', `${url}/runs`, body)
      latenciesMs.push(performance.now() - dueAt)
    } catch (error) {
      refused.push(String(error))
    }
  }
  const started: Promise<void>[] = []
  while (started.length < runs) {
    const dueAt = startedAt + (started.length * 1_000) / perSecond
    const early = dueAt - performance.now()
    if (early > 0) await sleep(early)
    started.push(start(dueAt))
  }
  await Promise.all(started)
  return { answersMs: summaryOf(latenciesMs), refused: refused.length, ...(refused[0] && { why: refused[0] }) }
}
