import type { Story } from './client.ts'
import { describeHurt, HURTS } from './schedule.ts'

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

const NOT_PLAYED: Cell = { requests: 'not written down yet', streams: '–', attempts: '–', end: '–' }

/** By `describeHurt`. */
export type Cells = ReadonlyMap<string, Cell>

/** docs/faults.md. */
export function faultsPage(cells: Cells): string {
  const rows = HURTS.map((hurt) => {
    const { requests, streams, attempts, end } = cells.get(describeHurt(hurt)) ?? NOT_PLAYED
    return [describeHurt(hurt), requests, streams, attempts, end]
  })
  const table = [HEADER, HEADER.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
  return `${BEFORE}\n${table}\n${AFTER}`
}

/** The cells of a page: `faultsPage` of them is the page again, unless it was written by other programs than these. */
export const cellsIn = (page: string): Cells =>
  new Map(
    page.split('\n').flatMap((line) => {
      const [hurt = '', requests = '', streams = '', attempts = '', end = ''] = line.split('|').slice(1, -1).map(trim)
      return NAMES.has(hurt) && requests !== NOT_PLAYED.requests ? [[hurt, { requests, streams, attempts, end }]] : []
    }),
  )

const NAMES = new Set(HURTS.map(describeHurt))

const trim = (text: string) => text.trim()

const BEFORE = `# What a user sees when something breaks

Written by \`npm run faults -- --matrix\`, from runs: a stack of real processes, with workers in three languages, an S3 store and a Postgres of
its own, and clients that start, follow, signal, cancel and fork while one part, or one kind of connection, is hurt for two seconds.
\`npm test\` compares this page with the programs that write it, all but the figures, and plays six rows anew.

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
them again. \`npm test\` plays two of them.

## What else is shown, and where

| | shown by | in \`npm test\` |
|---|---|---|
| no accepted run lost or doubled | each row above; test/e2e/accepted-runs.test.ts; test/e2e/idempotency.test.ts kills the API between all steps of a request | 5,000 runs by 20 clients while the API and Postgres are killed; 2 seeds and 6 rows of 12 runs, each started by two requests at once |
| no event lost, doubled or out of order | each row above; test/e2e/stream-storm.test.ts, test/e2e/subscribers.test.ts | over 100,000 events read, by readers that drop and resume |
| every part killed, frozen, ended in order | the table above: 8 parts, 3 ways | 6 of its rows |
| a process that dies between two steps | test/e2e/idempotency.test.ts (API), test/segments/crashes.test.ts and test/e2e/breaking-state.test.ts (worker) | all steps that have a name |
| random documents give what a plain evaluator gives | test/e2e/random-runs.test.ts, test/model/model.test.ts | 22 on the real stack, a third of them with the worker killed or every call failing once; 300 in the model |
| links cut, slow, stalled, lost | the table above: 8 links, 4 ways; test/storage/silent-connection.test.ts | as above |
| waits of days and of a year | test/interpreter/long-waits.test.ts, on a clock that is skipped | all |
| full disks | test/e2e/full-disks.test.ts: Postgres's and the bucket's | both |
| models and tools that misbehave | test/worker/model-calls.test.ts, test/conformance/conformance.test.ts (three languages), test/threats/T09-hostile-mcp-servers.test.ts | all |
| histories replay | test/histories/replay.test.ts (64 recorded), test/e2e/random-runs.test.ts, each row above; test/histories/mutants.test.ts: twelve changes of the workflow are each noticed | all |
| the API keeps to its contract under any request | test/contract/openapi.test.ts (Schemathesis) | few a route; more with \`--full\` |
| hostile documents and values end nothing | test/threats/T05-hostile-expressions.test.ts, test/threats/T06-document-bombs.test.ts | all |
| past its limit the API sheds, and finishes what it accepted | test/e2e/overload.test.ts, test/api/pressure.test.ts | one flood |
| slow and dead readers | test/e2e/subscribers.test.ts | 100 of 1,000 read nothing |
| memory, connections and file handles stay flat | test/faults/soak.test.ts | 40 s of load; 15 minutes with \`--full\`, without faults in between |
| a backup is worth something | test/e2e/backup.test.ts | both cases of docs/operations.md |

Not shown by any test: memory over hours, clocks that jump, and what takes time by nature. \`npm run bench -- LOAD\` measures how a hundred starts
a second are answered, \`npm run bench -- RECOVERY\` how soon the API answers, and runs go on, after a part was killed.
`
