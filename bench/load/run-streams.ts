import { nowMicros } from '../harness/clock.ts'
import { delaysOf, followRun } from './follow-run.ts'
import { askJson } from './http.ts'
import type { StreamsJob, StreamsResult } from './jobs.ts'
import { sum, summaryOf } from './summary.ts'

export async function runStreams({ url, body, events, runs, tokens }: StreamsJob): Promise<StreamsResult> {
  const results = await Promise.all(
    Array.from({ length: runs }, async () => {
      const startedAt = nowMicros()
      const { id } = await askJson('POST', `${url}/runs`, body)
      return { startedAt, seen: await followRun(url, { id: String(id), events, tokens }) }
    }),
  )
  const seen = results.map((result) => result.seen)
  const first = seen.reduce((least, { sent }) => Math.min(least, sent[0] ?? least), Number.POSITIVE_INFINITY)
  const last = seen.reduce((most, { received }) => Math.max(most, received.at(-1) ?? most), 0)
  return {
    firstTokensMs: results.map(({ startedAt, seen: { received } }) => ((received[0] ?? Number.NaN) - startedAt) / 1000),
    delayMs: summaryOf(seen.flatMap(delaysOf)),
    lost: sum(seen.map(({ lost }) => lost)),
    repeated: sum(seen.map(({ repeated }) => repeated)),
    tokensPerSecond: (sum(seen.map(({ sent }) => sent.length)) / (last - first)) * 1e6,
  }
}
