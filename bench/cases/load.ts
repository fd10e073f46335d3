import type { Case } from '../harness/case.ts'
import { figuresOf, inTurns } from '../harness/turns.ts'
import { createLogDatabase, startLogApi } from '../sides/log-database.ts'
import { chainOf } from '../sides/treadle.ts'

const PER_SECOND = 100
const SECONDS = 10
const DAY_MS = 24 * 3_600_000

export const load: Case = {
  id: 'LOAD',
  title: `${PER_SECOND} runs a second are accepted for tomorrow, each sent when it is due`,
  async measure(context) {
    const servers = await context.bed.servers()
    const database = await createLogDatabase(servers, 'bench_load')
    await database.api.end()
    const { child, url } = await startLogApi(servers, database.urls.apiUrl)
    const client = await context.bed.load()
    // What is measured is the promise to execute them: that many at once are more than a machine of two cores can execute.
    const startAt = new Date(Date.now() + DAY_MS).toISOString()
    const body = JSON.stringify({ ...JSON.parse(chainOf(5)), startAt })
    const runs = PER_SECOND * (context.quick ? 2 : SECONDS)
    const results = await inTurns(
      { ours: () => client.run({ kind: 'starts', url, body, runs, perSecond: PER_SECOND }) },
      context,
    )
    await child.stop()
    const whys = (results.ours ?? []).flatMap(({ why }) => (why === undefined ? [] : [`refused: ${why}`]))
    return [
      {
        what: 'until the answer, p50',
        unit: 'ms',
        figures: figuresOf(results, ({ answersMs }) => answersMs.p50),
        budgets: [],
      },
      {
        what: 'until the answer, p99',
        unit: 'ms',
        figures: figuresOf(results, ({ answersMs }) => answersMs.p99),
        budgets: [{ atMost: 250 }],
      },
      {
        what: `refused, of ${runs}`,
        unit: '',
        figures: figuresOf(results, ({ refused }) => refused),
        budgets: [{ atMost: 0 }],
        notes: whys,
      },
    ]
  },
}
