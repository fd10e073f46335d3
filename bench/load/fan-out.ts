import { nowMicros } from '../harness/clock.ts'
import { countTokens } from './count-tokens.ts'
import { followRun } from './follow-run.ts'
import { askJson } from './http.ts'
import type { FanOutJob, FanOutResult } from './jobs.ts'
import { sum, summaryOf } from './summary.ts'

/** Enough to fill the server's queue of new connections, and not to overflow it. */
const CONNECTING_AT_ONCE = 50
/** What those who came late have to catch up with is not a delay of the stream. */
const SETTLING_MICROS = 500_000

export async function fanOut({ url, body, events, tokens, subscribers, timed }: FanOutJob): Promise<FanOutResult> {
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
  const allThereAt = nowMicros() + SETTLING_MICROS

  const [seen, counts] = await Promise.all([Promise.all(timedReaders), Promise.all(counters)])
  const delays = seen.flatMap(({ sent, received }) =>
    sent.flatMap((at, index) => (at > allThereAt ? [((received[index] ?? at) - at) / 1000] : [])),
  )
  if (delays.length === 0) throw new Error('The run was over before all subscribers were there: give it more tokens.')
  const usual = counts[0] ?? 0
  return {
    delayMs: summaryOf(delays),
    tokensTimed: delays.length / seen.length,
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
