import { readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, Connection } from '@temporalio/client'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { Worker } from '@temporalio/worker'
import { workflowIdOf } from '@treadle/contract'
import { faultsOf, type StreamEvent } from '../e2e/support/client.ts'
import { bundle, silenceTemporal } from '../interpreter/support/engine.ts'
import { rowsOf, tablesOf } from './database.ts'
import type { Stack } from './stack.ts'

/*
 * What holds of every stack, whatever was done to it. The suites share these checks; each gives the violations that it found, as sentences.
 * That a request which was answered is there (I1), that a key stands for one run (I2), and that every reader saw the log (I4) only a client
 * can say: test/faults/check.ts. That nothing is shown to another tenant (I9): test/threats/T01.
 */

/** The events in the text of frames, as `followFrames` gives them. */
export const eventsOf = (frames: readonly string[]): StreamEvent[] =>
  frames.map((frame) => ({ id: '', ...JSON.parse(/^data: (.*)$/m.exec(frame)?.[1] ?? '') }))

/** I7: a tool is called once for each attempt in the log at most, so never again once its checkpoint is written. `calls`: by `<run>/<path>`. */
export function overcalled(events: readonly StreamEvent[], calls: ReadonlyMap<string, number>): string[] {
  const attempts = new Map<string, number>()
  for (const { type, runId, node } of events)
    if (type === 'node.started') attempts.set(`${runId}/${node}`, (attempts.get(`${runId}/${node}`) ?? 0) + 1)
  const runs = new Set(events.map(({ runId }) => runId))
  return [...calls].flatMap(([key, count]) => {
    const most = attempts.get(key) ?? 0
    const isOurs = runs.has(key.slice(0, key.indexOf('/')))
    return isOurs && count > most ? [`${key} was called ${count} times in ${most} attempts`] : []
  })
}

/** I3, I5: logs are whole, and log, row and Temporal tell of the same end. `log`: to its end. */
export async function endFaults(stack: Stack, log: readonly StreamEvent[]): Promise<string[]> {
  const runId = log[0]?.runId ?? ''
  const found = faultsOf(log)
  const last = log.at(-1)?.type.slice('run.'.length)
  const [row] = await rowsOf<{ status: string }>(stack, 'select status from treadle.runs where id = $1', [runId])
  if (row?.status !== last) found.push(`the log ends with ${last}, the row says ${row?.status}`)
  const closed = await withTemporal(stack, async (temporal) => {
    const handle = temporal.workflow.getHandle(workflowIdOf('default', runId))
    await handle.result().catch(() => {}) // Its end comes a moment after the log's.
    return (await handle.describe()).status.name.toLowerCase()
  })
  if (closed !== last) found.push(`the log ends with ${last}, Temporal says ${closed}`)
  return found
}

/** I6: runs that have not ended, with all that says why. */
export function stuckRuns(stack: Stack): Promise<string[]> {
  return withTemporal(stack, async (temporal) => {
    const open = await rowsOf<{ id: string; row: object }>(
      stack,
      `select r.id, to_json(r) as row from treadle.runs r where status not in ('completed', 'failed', 'cancelled')`,
    )
    return Promise.all(
      open.map(async ({ id, row }) => {
        const tail = await rowsOf<{ type: string; node: string }>(
          stack,
          'select type, node from treadle.events where run_id = $1 order by seq desc limit 10',
          [id],
        )
        const handle = temporal.workflow.getHandle(workflowIdOf('default', id))
        const history = await handle.fetchHistory().catch(() => ({ events: [] }))
        const engine = (history.events ?? []).slice(-10).map(({ eventId, eventType }) => `${eventId} ${eventType}`)
        return `${id} has no end. Row: ${JSON.stringify(row)}. Log, backwards: ${JSON.stringify(tail)}. Temporal: ${engine.join(', ')}`
      }),
    )
  })
}

/** I10: where a secret, or a form of it, can be read: tables, blobs, Temporal's database, logs of processes. */
export async function findSecret(stack: Stack, secret: string): Promise<string[]> {
  const places = { tables: await allRows(stack), files: await allFiles(stack.folder), logs: stack.describe() }
  return Object.entries(places).flatMap(([where, text]) =>
    formsOf(secret).flatMap((form) => (text.includes(form) ? [`${form} can be read in the ${where}`] : [])),
  )
}

/** What becomes of a text that is encoded on its way. */
export const formsOf = (secret: string): string[] => [
  ...new Set([
    secret,
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    Buffer.from(secret).toString('base64url'),
    Buffer.from(secret).toString('hex'),
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
  ]),
]

/** I11: runs whose histories are not replayed to the same commands, each with the file that its history is kept in. Default: all that have rows. */
export async function replayFaults(stack: Stack, runIds?: readonly string[]): Promise<string[]> {
  silenceTemporal()
  const ids = runIds ?? (await rowsOf<{ id: string }>(stack, 'select id from treadle.runs')).map(({ id }) => id)
  const histories = await withTemporal(stack, (temporal) =>
    Promise.all(
      ids.map(async (id) => {
        const workflowId = workflowIdOf('default', id)
        const handle = temporal.workflow.getHandle(workflowId)
        await handle.result().catch(() => {})
        return { workflowId, history: await handle.fetchHistory() }
      }),
    ),
  )
  const found: string[] = []
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle: await bundle() }, histories)) {
    if (!error) continue
    const file = join(tmpdir(), `${workflowId.replace(':', '-')}.json`)
    const history = histories.find((each) => each.workflowId === workflowId)?.history ?? {}
    await writeFile(file, historyToJSON(history))
    found.push(`${workflowId}: ${error.message} (its history: ${file})`)
  }
  return found
}

/** I12: sessions of Postgres in which something is still going on, though nothing should be. They are given a moment. */
export async function heldSessions(stack: Stack): Promise<string[]> {
  for (let triesLeft = 100; ; triesLeft -= 1) {
    const held = await rowsOf<{ application_name: string; state: string; query: string }>(
      stack,
      `select application_name, state, left(query, 100) as query from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'`,
    )
    if (held.length === 0 || triesLeft === 0) return held.map((session) => `in use: ${JSON.stringify(session)}`)
    await sleep(100)
  }
}

export async function withTemporal<Result>(stack: Stack, ask: (client: Client) => Promise<Result>): Promise<Result> {
  const connection = await Connection.connect({ address: stack.temporalAddress })
  try {
    return await ask(new Client({ connection }))
  } finally {
    await connection.close()
  }
}

async function allRows(stack: Stack): Promise<string> {
  const all: string[] = []
  for (const name of await tablesOf(stack))
    all.push(
      ...(await rowsOf<{ row: string }>(stack, `select t::text as row from treadle.${name} t`)).map(({ row }) => row),
    )
  return all.join('\n')
}

/** Blobs, and Temporal's database with its journal. Postgres's own files are read as rows. */
async function allFiles(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile() && !entry.parentPath.startsWith(join(folder, 'postgres')))
    .map((entry) => join(entry.parentPath, entry.name))
  return (await Promise.all(files.map((file) => readFile(file, 'latin1')))).join('\n')
}
