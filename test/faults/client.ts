import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunResult } from '@treadle/contract'
import { followFrames } from '../e2e/support/frames.ts'
import type { Program } from './programs.ts'
import { HEARTBEAT_MS } from './world.ts'

/** What one client did and saw: enough to hold it against the log. */
export type Story = {
  program: string
  runId: string
  /** The key and body of the request that started it. */
  started: { key: string; body: object }
  result: RunResult
  /** The frames of two readers: one that stays, and one that drops its connection again and again. */
  readings: string[][]
  signals: string[]
  expected: Pick<Program, 'status'> & { output?: unknown }
  fork?: { runId: string; result: RunResult }
  /** What it had to do again: by status of the answer, or `none` where no answer came. */
  refusals: string[]
  /** How often the stream of the reader that stays was cut. */
  cuts: number
  /** Attempts that were made because an earlier one came to nothing. */
  repeats: number
}

/** So long a client waits for an answer, and for any sign of life on a stream, before it asks again. */
const ANSWER_MS = 15_000
const SILENCE_MS = 2 * HEARTBEAT_MS

export type ClientOptions = { url: string; toolsUrl: string; random: (below: number) => number; deadlineMs: number }

/** Starts a program and does all that a careful client does: it repeats what has no answer under the same key, and resumes. */
export async function play(program: Program, { url, toolsUrl, random, deadlineMs }: ClientOptions): Promise<Story> {
  const refusals: string[] = []
  const persist = { deadlineMs, onRefusal: (what: string) => refusals.push(what) }
  const post = (path: string, body: object, key = randomUUID()) =>
    persistently(() => send(url, path, body, key), persist)
  const key = randomUUID()
  const body = { ir: program.ir(toolsUrl), input: {} }
  // Two processes of the caller, with one key: they have to be told of one run.
  const [{ id: runId }, other] = await Promise.all([post('/runs', body, key), post('/runs', body, key)])
  if (other.id !== runId) throw new Error(`One key started two runs: ${runId} and ${other.id}`)

  const path = `/runs/${runId}/stream`
  const following = { path, silenceMs: SILENCE_MS }
  let connections = 0
  const countedUrl = () => {
    connections += 1
    return url
  }
  const staying = followFrames({ ...following, url: countedUrl })
  const dropping = followFrames({ ...following, url: () => url, frames: () => 1 + random(8) })
  const signals: string[] = []
  if (program.act === 'signal') signals.push((await post(`/runs/${runId}/signals/approve`, { ok: true })).id)
  if (program.act === 'cancel') {
    await sleep(random(800))
    await post(`/runs/${runId}/cancel`, { reason: 'changed my mind' })
  }
  const readings = await Promise.all([staying, dropping])
  const result = await resultOf(url, runId, persist)
  const { status, output } = program
  return {
    program: program.name,
    runId,
    started: { key, body },
    result,
    readings,
    signals,
    expected: { status, ...(output && { output: output(runId) }) },
    ...(program.act === 'fork' && { fork: await forkOf() }),
    refusals,
    cuts: connections - 1,
    repeats: (readings[0] ?? []).filter((frame) => frame.includes('\nevent: node.retrying\n')).length,
  }

  async function forkOf() {
    const seq = seqOf(readings[0] ?? [], '"node.completed"')
    const forked = await post(`/runs/${runId}/fork`, { from: seq })
    return { runId: forked.id, result: await resultOf(url, forked.id, persist) }
  }
}

const seqOf = (frames: readonly string[], text: string): number =>
  Number(/^id: (\d+)$/m.exec(frames.find((frame) => frame.includes(text)) ?? '')?.[1])

async function resultOf(url: string, runId: string, persist: Persist): Promise<RunResult> {
  for (;;) {
    const { status, result } = await persistently(async () => {
      const answer = await fetch(`${url}/runs/${runId}/result?wait=5s`, { signal: AbortSignal.timeout(ANSWER_MS) })
      return { status: answer.status, body: { status: answer.status, result: (await answer.json()) as RunResult } }
    }, persist)
    if (status === 200) return result
  }
}

async function send(url: string, path: string, body: object, key: string) {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key }
  const signal = AbortSignal.timeout(ANSWER_MS)
  const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body), signal })
  return { status: answer.status, body: (await answer.json()) as { id: string } }
}

export type Persist = { deadlineMs: number; onRefusal?: (what: string) => void }

/** Repeats what got no answer, or one that says that it may be repeated, until the time is over. */
export async function persistently<Body>(
  request: () => Promise<{ status: number; body: Body }>,
  { deadlineMs, onRefusal }: Persist,
): Promise<Body> {
  let last: unknown
  while (performance.now() < deadlineMs) {
    try {
      const { status, body } = await request()
      if (status < 300) return body
      last = { status, body }
      onRefusal?.(String(status))
      if (status < 500 && status !== 409 && status !== 429) break
    } catch (error) {
      last = error
      onRefusal?.('none')
    }
    await sleep(100)
  }
  throw new Error(`No answer in time: ${last instanceof Error ? last.message : JSON.stringify(last)}`)
}
