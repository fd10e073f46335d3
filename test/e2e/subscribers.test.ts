import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { newRunId, type RunRef } from '@treadle/contract'
import { createAppender, createPool, createRunStore } from '@treadle/storage'
import { expect, onTestFinished, test } from 'vitest'
import { newRun } from '../storage/support/storage.ts'
import { useStack } from '../support/use-stack.ts'

const READERS = 900
const STALLED = 100
const ROUNDS = 10
/** Of a round: the readers' run gets short events, as a model's text is; the run of those who read nothing gets long ones. */
const SHORT = { count: 20, bytes: 60 }
const LONG = { count: 100, bytes: 12_000 }

const stack = useStack({ workers: 0, apiEnv: { TREADLE_STREAM_STALL_MS: '3000', TREADLE_STREAM_HEARTBEAT_MS: '500' } })

/** A subscriber as a socket: nothing between it and what the server sends. */
async function subscribe(id: string, after = 0): Promise<Socket> {
  const { hostname, port, host } = new URL(stack().url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {}) // A reset is an end too.
  await once(socket, 'connect')
  socket.write(
    `GET /runs/${id}/stream HTTP/1.1\r\nHost: ${host}\r\nLast-Event-ID: ${after}\r\nConnection: close\r\n\r\n`,
  )
  return socket
}

/** Reads to the end of the stream; the ids that came. */
async function read(socket: Socket): Promise<{ ids: number[] }> {
  const ids: number[] = []
  let text = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    const lines = `${text}${chunk}`.split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) if (line.startsWith('id: ')) ids.push(Number(line.slice(4)))
  })
  if (!socket.closed) await once(socket, 'close')
  return { ids }
}

const residentMiB = () => Number(execFileSync('ps', ['-o', 'rss=', '-p', String(stack().api.child.pid)])) / 1024

/** How many streams the API serves at this moment, as its metrics have it. */
async function openStreams(): Promise<number> {
  const text = await (await fetch(`${stack().url}/metrics`)).text()
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith('treadle_http_requests_in_progress') && line.includes('/stream'))
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}

test('of 1,000 subscribers 100 read nothing: the others get all, those are sent away, and memory is bounded', {
  timeout: 180_000,
}, async () => {
  const { database } = stack()
  const pools = [
    createPool({ url: database.apiUrl, applicationName: 'test' }),
    createPool({ url: database.workerUrl, applicationName: 'test' }),
  ] as const
  onTestFinished(() => Promise.all(pools.map((pool) => pool.end())).then(() => {}))
  const appender = createAppender({ pool: pools[1] })
  const startRun = async () => {
    const runs = createRunStore({ pool: pools[0] })
    const created = await runs.insert('default', newRun({ id: newRunId() }))
    if (created.outcome !== 'created') throw new Error(created.outcome)
    await runs.markStarted('default', created.run.id)
    await appender.claim({ run: created.run.ref, path: 'a', kind: 'llm', runtime: 'typescript', outbox: [] })
    return created.run.ref
  }
  const appendRound = async (run: RunRef, round: number, { count, bytes }: typeof SHORT) => {
    const data = { message: 'x'.repeat(bytes) }
    const events = Array.from({ length: count }, (_, index) => ({
      ordinal: round * count + index + 1,
      type: 'log',
      data,
    }))
    await appender.append({ run, path: 'a', attempt: 1, events })
  }
  const idsOf = ({ count }: typeof SHORT) => Array.from({ length: ROUNDS * count + 3 }, (_, index) => index + 1)
  const [short, long] = [await startRun(), await startRun()]

  const before = residentMiB()
  const stalled: Socket[] = []
  const readers: ReturnType<typeof read>[] = []
  for (let index = 0; index < READERS; index++) readers.push(read(await subscribe(short.id)))
  for (let index = 0; index < STALLED; index++) stalled.push((await subscribe(long.id)).pause())
  await expect.poll(openStreams).toBe(READERS + STALLED)
  let most = residentMiB()
  for (let round = 0; round < ROUNDS; round++) {
    await Promise.all([appendRound(short, round, SHORT), appendRound(long, round, LONG)])
    most = Math.max(most, residentMiB())
  }
  for (const run of [short, long]) {
    await appender.record({ run, outbox: [{ n: 1, type: 'run.completed', data: { output: null } }] })
  }
  for (const { ids } of await Promise.all(readers)) expect(ids).toEqual(idsOf(SHORT))
  await expect.poll(openStreams, { timeout: 60_000, interval: 200 }).toBe(0) // Those who take nothing are sent away.
  most = Math.max(most, residentMiB())

  // Each could have had the whole log in the server's memory: more than a gigabyte together. A client may have 1 MiB.
  expect(most - before).toBeLessThan(STALLED + 100)

  const ends = await Promise.all(stalled.map((socket) => read(socket.resume())))
  for (const { ids } of ends) {
    expect(ids.length).toBeLessThan(idsOf(LONG).length)
    expect(ids).toEqual(idsOf(LONG).slice(0, ids.length))
  }
  const seen = ends[0]?.ids.length ?? 0
  expect((await read(await subscribe(long.id, seen))).ids).toEqual(idsOf(LONG).slice(seen))
})
