import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { EventSource } from 'eventsource'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rowsOf } from '../support/database.ts'
import { eventsOf } from '../support/invariants.ts'
import { randomFrom } from '../support/random.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { useStack } from '../support/use-stack.ts'
import { createClient, faultsOf, textOf } from './support/client.ts'
import { ASK } from './support/documents.ts'
import { followFrames } from './support/frames.ts'

const RUNS = 50
const WORDS = 30

// Logs are packed and archived as soon as their runs have ended: readers that are late read from there.
const keeping = {
  TREADLE_LOG_PACK_AFTER_MS: '0',
  TREADLE_LOG_ARCHIVE_AFTER_MS: '0',
  TREADLE_LOG_KEEP_INTERVAL_MS: '100',
}
const stack = useStack({ workerEnv: keeping })
const words = Array.from({ length: WORDS }, (_, index) => `w${index}ü🌍 `)

let apis: string[] = []
let proxy: TcpProxy
beforeAll(async () => {
  apis = [stack().url, (await stack().startApi()).url]
  const random = randomFrom(5)
  proxy = await startTcpProxy(stack().url, {
    pieceBytes: () => 1 + random(40),
    delayMs: () => random(2),
    cutAfterBytes: () => 200 + random(20_000),
  })
})
afterAll(() => proxy.stop())

/** One that is always the same, and one of today: a schedule that nobody has seen yet. */
const SEEDS = [7, Number(new Date().toISOString().slice(0, 10).replaceAll('-', ''))]

test.each(SEEDS)(
  'subscribers that connect, drop and resume while 50 runs stream end with the same bytes (seed %i)',
  { timeout: 180_000 },
  async (seed) => {
    const client = createClient(stack().url)
    const random = randomFrom(seed)
    const prompt = `storm ${seed}`
    stack().model.when(
      { prompt },
      words.flatMap((text) => [{ text }, { delayMs: 10 + random(30) }]),
    )

    const readers: Promise<{ id: string; how: string; frames: string[] }>[] = []
    const read = async (id: string, how: string, url: () => string, frames?: () => number) => ({
      id,
      how,
      frames: await followFrames({ url, path: `/runs/${id}/stream`, ...(frames && { frames }) }),
    })
    const ids = await Promise.all(
      Array.from({ length: RUNS }, async () => (await client.start({ ir: ASK, input: { question: prompt } })).id),
    )
    for (const [index, id] of ids.entries()) {
      readers.push(read(id, 'whole', () => apis[index % 2] ?? ''))
      readers.push(
        read(
          id,
          'dropping, at either API',
          () => apis[random(2)] ?? '',
          () => 1 + random(12),
        ),
      )
      if (index % 5 === 0) readers.push(read(id, 'through a bad network', () => proxy.url))
    }
    const all = await Promise.all(readers)
    for (const [index, id] of ids.entries()) {
      const [first = [], ...rest] = all.filter((reader) => reader.id === id).map(({ frames }) => frames)
      for (const frames of rest) expect(frames, id).toEqual(first)
      const late = await followFrames({ url: () => apis[index % 2] ?? '', path: `/runs/${id}/stream` })
      expect(late, `${id}, read late`).toEqual(first)
      const events = eventsOf(first)
      expect(faultsOf(events)).toEqual([])
      expect(textOf(events, 'answer')).toBe(words.join(''))
    }
    expect(proxy.cuts).toBeGreaterThan(0)
    expect(await archivedRuns()).toBeGreaterThan(0)
  },
)

async function archivedRuns(): Promise<number> {
  const text = 'select count(distinct run_id)::int as runs from treadle.event_packs where blob is not null'
  return (await rowsOf<{ runs: number }>(stack(), text))[0]?.runs ?? 0
}

test('a network that splits frames between bytes, delays and cuts them takes nothing from EventSource', {
  timeout: 60_000,
}, async () => {
  const client = createClient(stack().url)
  stack().model.when(
    { prompt: 'bad network' },
    words.map((text) => ({ text })),
  )
  const random = randomFrom(3)
  const network = await startTcpProxy(stack().url, {
    pieceBytes: () => 1 + random(3),
    cutAfterBytes: () => 900 + random(1_500),
  })
  const { id } = await client.start({ ir: ASK, input: { question: 'bad network' } })
  const whole = await followFrames({ url: () => stack().url, path: `/runs/${id}/stream` })
  const source = new EventSource(`${network.url}/runs/${id}/stream`)
  const seen: string[] = []
  const types = new Set(whole.map((frame) => /^event: (.*)$/m.exec(frame)?.[1] ?? ''))
  for (const type of types) {
    source.addEventListener(type, ({ lastEventId, data }) =>
      seen.push(`id: ${lastEventId}\nevent: ${type}\ndata: ${data}`),
    )
  }
  await expect.poll(() => seen.length, { timeout: 50_000 }).toBe(whole.length)
  source.close()
  expect(seen).toEqual(whole)
  expect(network.cuts).toBeGreaterThan(1)
  await network.stop()
})

test('several runs share one stream through cuts, and each comes whole', { timeout: 60_000 }, async () => {
  const client = createClient(stack().url)
  stack().model.when(
    { prompt: 'shared' },
    words.flatMap((text) => [{ text }, { delayMs: 5 }]),
  )
  const ids = await Promise.all(
    Array.from({ length: 8 }, async () => (await client.start({ ir: ASK, input: { question: 'shared' } })).id),
  )
  const query = ids.map((id) => `runId=${id}`).join('&')
  const random = randomFrom(11)
  const events: { runId: string; id: string }[] = []
  for (let isOver = false; !isOver; ) {
    const lastEventId = events.at(-1)?.id ?? '0'
    const connection = new AbortController()
    const answer = await fetch(`${apis[random(2)]}/stream?${query}`, {
      headers: { 'last-event-id': lastEventId },
      signal: connection.signal,
    })
    isOver = answer.status === 204
    let left = 5 + random(60)
    let text = ''
    for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk
      const frames = text.split('\n\n')
      text = frames.pop() ?? ''
      for (const frame of frames.filter((frame) => frame.startsWith('id: ') && left > 0)) {
        left -= 1
        events.push({ ...JSON.parse(/^data: (.*)$/m.exec(frame)?.[1] ?? ''), id: /^id: (.*)$/m.exec(frame)?.[1] ?? '' })
      }
      if (left <= 0) break
    }
    connection.abort()
  }
  for (const id of ids) {
    const own = events.filter(({ runId }) => runId === id).map((event) => JSON.stringify({ ...event, id: undefined }))
    const alone = await followFrames({ url: () => stack().url, path: `/runs/${id}/stream` })
    expect(own).toEqual(alone.map((frame) => /^data: (.*)$/m.exec(frame)?.[1]))
  }
})

test('a stream whose archive is gone says so before it starts', async () => {
  const client = createClient(stack().url)
  stack().model.when({ prompt: 'gone' }, [{ text: 'soon gone' }])
  const { id } = await client.start({ ir: ASK, input: { question: 'gone' } })
  await client.result(id)
  const packs = 'select blob from treadle.event_packs where run_id = $1'
  const archive = async () => (await rowsOf<{ blob: string | null }>(stack(), packs, [id]))[0]?.blob ?? ''
  await expect.poll(archive, { timeout: 20_000 }).toMatch(/^[0-9a-f]{64}$/)
  const blob = await archive()
  await rm(join(stack().folder, 'blobs', 'default', blob.slice(0, 2), blob))
  // The API that has opened the pack may still have it; the other one has to look.
  const answer = await fetch(`${apis[1]}/runs/${id}/stream`)
  expect([answer.status, await answer.json()]).toMatchObject([410, { type: '/problems/stream-gone' }])
  expect((await fetch(`${apis[1]}/runs/${id}/stream?after=1000`)).status).toBe(204)
})
