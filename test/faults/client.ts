import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunResult } from '@treadle/contract'
import { followFrames } from '../e2e/support/frames.ts'
import type { Program } from './programs.ts'

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
}

export type ClientOptions = { url: string; toolsUrl: string; random: (below: number) => number; deadlineMs: number }

/** Starts a program and does all that a careful client does: it repeats what has no answer under the same key, and resumes. */
export async function play(program: Program, { url, toolsUrl, random, deadlineMs }: ClientOptions): Promise<Story> {
  const post = (path: string, body: object, key = randomUUID()) =>
    persistently(() => send(url, path, body, key), deadlineMs)
  const key = randomUUID()
  const body = { ir: program.ir(toolsUrl), input: {} }
  const { id: runId } = await post('/runs', body, key)

  const path = `/runs/${runId}/stream`
  const staying = followFrames({ url: () => url, path })
  const dropping = followFrames({ url: () => url, path, frames: () => 1 + random(8) })
  const signals: string[] = []
  if (program.act === 'signal') signals.push((await post(`/runs/${runId}/signals/approve`, { ok: true })).id)
  if (program.act === 'cancel') {
    await sleep(random(800))
    await post(`/runs/${runId}/cancel`, { reason: 'changed my mind' })
  }
  const readings = await Promise.all([staying, dropping])
  const result = await resultOf(url, runId, deadlineMs)
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
  }

  async function forkOf() {
    const seq = seqOf(readings[0] ?? [], '"node.completed"')
    const forked = await post(`/runs/${runId}/fork`, { from: seq })
    return { runId: forked.id, result: await resultOf(url, forked.id, deadlineMs) }
  }
}

const seqOf = (frames: readonly string[], text: string): number =>
  Number(/^id: (\d+)$/m.exec(frames.find((frame) => frame.includes(text)) ?? '')?.[1])

async function resultOf(url: string, runId: string, deadlineMs: number): Promise<RunResult> {
  return persistently(async () => {
    const answer = await fetch(`${url}/runs/${runId}/result?wait=10s`)
    return { status: answer.status === 200 ? 200 : 503, body: (await answer.json()) as RunResult }
  }, deadlineMs)
}

async function send(url: string, path: string, body: object, key: string) {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key }
  const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: answer.status, body: (await answer.json()) as { id: string } }
}

/** Repeats what got no answer, or one that says that it may be repeated, until the time is over. */
export async function persistently<Body>(
  request: () => Promise<{ status: number; body: Body }>,
  deadlineMs: number,
): Promise<Body> {
  let last: unknown
  while (performance.now() < deadlineMs) {
    try {
      const { status, body } = await request()
      if (status < 300) return body
      last = { status, body }
      if (status < 500 && status !== 409 && status !== 429) break
    } catch (error) {
      last = error
    }
    await sleep(100)
  }
  throw new Error(`No answer in time: ${last instanceof Error ? last.message : JSON.stringify(last)}`)
}
