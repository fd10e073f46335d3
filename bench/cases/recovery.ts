import { setTimeout as delay } from 'node:timers/promises'
import type { Case } from '../harness/case.ts'
import type { Restartable } from '../harness/restartable.ts'
import { startServers } from '../harness/servers.ts'
import { median, quantile } from '../harness/statistics.ts'
import { askJson, open } from '../load/http.ts'
import { createSseReader } from '../load/sse.ts'
import { startTreadle } from '../sides/treadle.ts'

const ACTIVE_RUNS = 20
/** Of each part. */
const KILLS = 5
/** After so long a node whose worker has died is taken over: `HEARTBEAT_MS` of the interpreter. */
const HEARTBEAT_S = 10
const POLL_MS = 20
const END_MS_MAX = 60_000

/** Servers and a side of its own: what is killed here serves no other case. */
export const recovery: Case = {
  id: 'RECOVERY',
  title: `each part killed and started again, beside ${ACTIVE_RUNS} runs that stream`,
  async measure({ quick }) {
    const servers = await startServers()
    try {
      const side = await startTreadle(servers)
      const { url } = side
      const start = async (body: string) => String((await askJson('POST', `${url}/runs`, body)).id)
      const statusOf = async (id: string) => (await askJson('GET', `${url}/runs/${id}`)).status
      const areAll = async (status: string) => (await Promise.all(ids.map(statusOf))).every((each) => each === status)
      const chat = side.chatBody({ tokens: 100_000, perSecond: 5 }) // More than all of it takes.
      const ids = await Promise.all(Array.from({ length: ACTIVE_RUNS }, () => start(chat)))
      await until(() => areAll('running'))

      /** Seconds from the signal to the first good answer of a part that was started again at once. `watch`: called before the signal. */
      const secondsOf = async (part: Restartable, watch: () => Promise<() => Promise<boolean>>) => {
        const each: number[] = []
        while (each.length < (quick ? 1 : KILLS)) {
          const isBack = await watch()
          const killedAt = performance.now()
          await part.crash()
          await until(isBack)
          each.push((performance.now() - killedAt) / 1_000)
        }
        return each
      }
      const answers = async () => () => areAll('running')
      const api = await secondsOf(side.api, answers)
      const postgres = await secondsOf(servers.postgres, answers)
      const temporal = await secondsOf(servers.temporal, async () => async () => {
        const id = await start(side.stepsBody('best'))
        await until(async () => (await statusOf(id)) === 'completed')
        return true
      })
      // A run of its own for each: the more often a node's worker dies, the longer Temporal waits before the next attempt.
      const worker = await secondsOf(side.worker, async () => {
        const id = await start(chat)
        ids.push(id)
        const events = await countEvents(`${url}/runs/${id}/stream`)
        await until(async () => events.count > 10)
        let before: number | undefined // Of the worker that died: seen when the next one polls.
        return async () => {
          before ??= events.count
          return events.count > before
        }
      })

      await Promise.all(ids.map((id) => askJson('POST', `${url}/runs/${id}/cancel`, '{}')))
      await until(() => areAll('cancelled'))
      return [
        line('the API answers', api, 1.5),
        line('the API answers after Postgres was killed', postgres, 5),
        line('a new run has ended after Temporal was killed', temporal, 4),
        line('the next event of a run whose worker was killed', worker, HEARTBEAT_S + 3),
      ]
    } finally {
      await servers.stop()
    }
  },
}

/** Follows a run; `count` grows with each of its events. */
async function countEvents(stream: string) {
  const events = { count: 0 }
  const push = createSseReader(() => {
    events.count += 1
  })
  const answer = (await open('GET', stream)).setEncoding('utf8')
  answer.on('data', push)
  return events
}

/** What fails is asked again: that is what is measured. @throws Error with the last failure when it takes too long. */
async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + END_MS_MAX
  let failure: unknown
  while (performance.now() < deadline) {
    try {
      if (await isTrue()) return
    } catch (error) {
      failure = error
    }
    await delay(POLL_MS)
  }
  throw new Error(`It took more than ${END_MS_MAX / 1_000} s.`, { cause: failure })
}

const line = (what: string, seconds: number[], atMost: number) => ({
  what: `${what}, p95 of ${seconds.length}`,
  unit: 's',
  figures: { ours: [quantile(seconds, 0.95)] },
  budgets: [{ atMost }],
  notes: [`${what}: median ${median(seconds).toFixed(2)} s`],
})
