import { countTokens } from './count-tokens.ts'
import { delaysOf, followRun } from './follow-run.ts'
import { askJson } from './http.ts'
import type { FanOutJob, FanOutResult } from './jobs.ts'
import { sum, summaryOf } from './summary.ts'

/** Enough to fill the server's queue of new connections, and not to overflow it. */
const CONNECTING_AT_ONCE = 50

export async function fanOut({
  url,
  body,
  events,
  tokens,
  releaseUrl,
  subscribers,
  timed,
}: FanOutJob): Promise<FanOutResult> {
  const { id } = (await askJson('POST', `${url}/runs`, body)) as { id: string }
  const timedReaders: ReturnType<typeof followRun>[] = []
  const counters: Promise<number>[] = []
  const every = Math.floor(subscribers / timed)
  for (let first = 0; first < subscribers; first += CONNECTING_AT_ONCE) {
    const numbers = Array.from(
      { length: Math.min(CONNECTING_AT_ONCE, subscribers - first) },
      (_, index) => first + index,
    )
    await Promise.all(numbers.map((number) => (number % every === 0 ? subscribeTimed() : subscribeCounting())))
  }
  await askJson('POST', releaseUrl, '{}')

  const [seen, counts] = await Promise.all([Promise.all(timedReaders), Promise.all(counters)])
  const usual = counts[0] ?? 0
  return {
    delayMs: summaryOf(seen.flatMap(delaysOf)),
    lost: sum(seen.map(({ lost }) => lost)),
    repeated: sum(seen.map(({ repeated }) => repeated)),
    miscounted: counts.filter((count) => count !== usual || count < tokens).length,
  }

  function subscribeTimed(): Promise<void> {
    return new Promise((resolve, reject) => {
      const reading = followRun(url, { id, events, tokens, onOpen: resolve })
      reading.catch(reject)
      timedReaders.push(reading)
    })
  }
  function subscribeCounting(): Promise<void> {
    const { opened, counted } = countTokens(url, id)
    counters.push(counted)
    return opened
  }
}
