import type { Story } from './client.ts'
import { describeHurt, HURTS, type Hurt } from './schedule.ts'

/** What clients saw while one part or link was hurt. */
export type Cell = { requests: string; streams: string; attempts: string; end: string }

const HEADER = ['hurt', 'requests', 'streams', 'attempts', 'last answer']

export function cellOf(stories: readonly Story[], healedToEndMs: number): Cell {
  // 409: the other one of two that start the same run at once.
  const refusals = stories.flatMap((story) => story.refusals).filter((status) => status !== '409')
  const cut = stories.filter(({ cuts }) => cuts > 0).length
  const repeats = stories.reduce((sum, story) => sum + story.repeats, 0)
  return {
    requests: refusals.length === 0 ? 'all answered' : `again after ${countsOf(refusals)}`,
    streams: cut === 0 ? 'none cut' : `${cut} of ${stories.length} cut and resumed`,
    attempts: repeats === 0 ? 'none again' : `${repeats} again`,
    end: `${(healedToEndMs / 1_000).toFixed(1)} s`,
  }
}

/** `12 × 503, 3 × no answer`. */
function countsOf(refusals: readonly string[]): string {
  const kinds = [...new Set(refusals)].toSorted()
  const nameOf = (kind: string) => (kind === 'none' ? 'no answer' : kind)
  return kinds.map((kind) => `${refusals.filter((each) => each === kind).length} × ${nameOf(kind)}`).join(', ')
}

/** docs/faults.md, with a cell for each of `HURTS` in their order. */
export function faultsPage(cells: readonly Cell[]): string {
  const rows = cells.map(({ requests, streams, attempts, end }, index) => {
    return [describeHurt(HURTS[index] as Hurt), requests, streams, attempts, end]
  })
  const table = [HEADER, HEADER.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
  return `${BEFORE}\n${table}\n${AFTER}`
}

/** The cells of a page: `faultsPage` of them is the page again, unless it was written by other programs than these. */
export const cellsIn = (page: string): Cell[] =>
  page.split('\n').flatMap((line) => {
    const [hurt = '', requests = '', streams = '', attempts = '', end = ''] = line.split('|').slice(1, -1).map(trim)
    return HURTS.some((each) => describeHurt(each) === hurt) ? [{ requests, streams, attempts, end }] : []
  })

const trim = (text: string) => text.trim()

const BEFORE = `# What a user sees when something breaks

Written by \`npm run faults -- --matrix\`, from runs: a stack of real processes, with workers in three languages, an S3 store and a Postgres of
its own, and clients that start, follow, signal, cancel and fork while one part, or one kind of connection, is hurt for two seconds.
\`npm test\` compares this page with the programs that write it, all but the figures, and plays six rows anew, other ones every day.

What every row has in common, because it is checked at its end (\`test/support/invariants.ts\`, \`test/faults/check.ts\`), and a row without it
is a failed test:

- Every run whose start was answered is there, once, though each was asked for twice at the same time, and again in the end.
- Every run ends as it has to, with the right output, by one last event; the log, its row, and Temporal say the same.
- Logs are numbered 1 to n. Two readers, of whom one drops its connection again and again, saw the same bytes.
- No tool was called more often than the log has attempts, so none again once its checkpoint was written.
- Every signal that was accepted is in its log once; every cancel that was accepted cancelled its run.
- The history of each run is replayed to the same commands; no session of Postgres is held; a secret that was used stands nowhere.

The columns say what it costs a user. A request without an answer, or with 429 or 5xx, was sent again with its key. A stream that was cut was
resumed from its last event. An attempt is made again (\`node.retrying\`) after a failure or a death; nobody but the log shows it. The
last column is the time from healing to the last answer that any client waited for; without a fault that is some seconds too, since
starts are spread over four. How often depends on the machine; that it comes right does not.

\`kill\` is SIGKILL, \`freeze\` SIGSTOP and SIGCONT, \`restart\` an end in order. Of a link, \`cut\` resets its connections, and new ones too;
\`slow\` holds back each piece for 150 ms; \`stall\` lets nothing through, and everything later; \`lose\` lets connections fall silent for ever,
as a router does that forgot them: only a time limit notices. The model and the tools, which are scripted, cut connections, do not answer in
time, or answer 503.
`

const AFTER = `
## More than one at a time

\`npm run faults -- --seeds 100\` plays seeded schedules of five such steps at random, and prints the steps of each; \`-- --seed 7\` plays one of
them again. \`npm test\` plays one that stays and one of today's date.
`
