import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { EventSource } from 'eventsource'
import { beforeAll, expect, test } from 'vitest'
import { useStack } from '../support/use-stack.ts'
import { collect, createClient, faultsOf, readEvents, type StreamEvent, textOf } from './support/client.ts'
import { ASK, WAIT } from './support/documents.ts'

const stack = useStack()
const client = () => createClient(stack().url)
const words = Array.from({ length: 40 }, (_, index) => ({ text: `w${index} ` }))
const text = words.map((word) => word.text).join('')

let ended: { id: string; events: StreamEvent[] }

beforeAll(async () => {
  stack().model.enqueue(words)
  const { id } = await client().start({ ir: ASK, input: { question: 'long' } })
  ended = { id, events: await collect(client().follow(id)) }
})

test('from any event on, the rest follows: nothing is lost and nothing repeated', async () => {
  for (let after = 0; after < ended.events.length; after++) {
    const rest = await collect(client().follow(ended.id, { after }))
    expect([...ended.events.slice(0, after), ...rest]).toEqual(ended.events)
  }
  expect(faultsOf(ended.events)).toEqual([])
  expect(textOf(ended.events, 'answer')).toBe(text)
})

test('a client that drops the connection after every event, while the run goes on, ends with the same log', async () => {
  const { model } = stack()
  model.enqueue(words.flatMap((word, index) => (index % 10 === 5 ? [{ gate: `g${index}` }, word] : [word])))
  const { id } = await client().start({ ir: ASK, input: { question: 'cut' } })
  const events: StreamEvent[] = []
  while (!/^run\.(completed|failed)$/.test(events.at(-1)?.type ?? '')) {
    const connection = new AbortController()
    for await (const event of client().follow(id, { after: events.at(-1)?.id ?? '', signal: connection.signal })) {
      events.push(event)
      for (const gate of ['g5', 'g15', 'g25', 'g35']) model.open(gate)
      break
    }
    connection.abort()
  }
  expect(faultsOf(events)).toEqual([])
  expect(textOf(events, 'answer')).toBe(text)
  expect(events).toEqual(await collect(client().follow(id)))
})

test('the header wins over the parameter, and after the last event there is nothing: 204', async () => {
  const last = ended.events.length
  const stream = (query: string, headers = {}) => client().get(`/runs/${ended.id}/stream${query}`, headers)
  expect((await stream(`?after=${last}`)).status).toBe(204)
  expect((await stream('', { 'last-event-id': String(last) })).status).toBe(204)
  expect((await stream(`?after=${last + 1}`)).status).toBe(204)
  expect((await stream('?after=latest')).status).toBe(204)
  const answer = await stream(`?after=${last}`, { 'last-event-id': '1' })
  expect(answer.status).toBe(200)
  await answer.body?.cancel()
})

test('a position that does not exist yet is refused while the run goes on', async () => {
  const { id } = await client().start({ ir: WAIT })
  const answer = await client().get(`/runs/${id}/stream?after=1000`)
  expect([answer.status, ((await answer.json()) as { type: string }).type]).toEqual([400, '/problems/future-cursor'])
  expect((await client().get(`/runs/${id}/stream`, { 'last-event-id': 'x' })).status).toBe(400)
  expect((await client().get('/runs/run_nobody/stream')).status).toBe(404)
  await client().post(`/runs/${id}/cancel`)
})

test('EventSource reads the whole log, and stops by itself when it comes back after the end', async () => {
  const statuses: number[] = []
  const source = new EventSource(`${stack().url}/runs/${ended.id}/stream`, {
    fetch: async (url, init) => {
      const answer = await fetch(url, init)
      statuses.push(answer.status)
      return answer
    },
  })
  const seqs: number[] = []
  const listen = ({ data, lastEventId }: MessageEvent) => {
    expect(JSON.parse(data).seq).toBe(Number(lastEventId))
    seqs.push(Number(lastEventId))
  }
  for (const type of new Set(ended.events.map((event) => event.type))) source.addEventListener(type, listen)
  await expect.poll(() => source.readyState, { timeout: 15_000 }).toBe(EventSource.CLOSED)
  expect(seqs).toEqual(ended.events.map(({ seq }) => seq))
  expect(statuses).toEqual([200, 204]) // It came back after `retry`, with the last id, and was told that there is no more.
})

test('curl reads the same bytes, whole or from the middle', async () => {
  const run = promisify(execFile)
  const url = `${stack().url}/runs/${ended.id}/stream`
  const whole = (await run('curl', ['--silent', '--no-buffer', url])).stdout
  const rest = (await run('curl', ['--silent', '--no-buffer', '--header', 'Last-Event-ID: 5', url])).stdout
  const frames = (output: string) => output.split('\n\n').filter((frame) => frame.startsWith('id: '))
  expect(frames(whole)).toHaveLength(ended.events.length)
  expect(frames(rest)).toEqual(frames(whole).slice(5))
  expect(whole).toMatch(/^retry: 1000\n\n/)
})

test('filters let through what is asked for, and always the last event', async () => {
  const stream = async (query: string) => {
    const answer = await fetch(`${stack().url}/runs/${ended.id}/stream?${query}`)
    return (await answer.text()).match(/^event: .*$/gm)?.map((line) => line.slice(7))
  }
  expect(await stream('types=node.started,node.completed')).toEqual(['node.started', 'node.completed', 'run.completed'])
  expect(await stream('types=node.started&types=run.started')).toEqual(['run.started', 'node.started', 'run.completed'])
  expect(await stream('nodes=nothing')).toEqual(['run.completed'])
  expect((await stream('nodes=answer'))?.length).toBe(ended.events.length - 2)
})

test('filters hold for what happens live, too', async () => {
  const { model } = stack()
  model.enqueue(words.flatMap((word, index) => (index === 5 ? [{ gate: 'live' }, word] : [word])))
  const { id } = await client().start({ ir: ASK, input: { question: 'live' } })
  for await (const { type } of client().follow(id)) if (type === 'node.delta') break
  const readers = await Promise.all(
    ['', '?types=node.delta', '?nodes=nothing', '?types=run.completed,node.completed&nodes=answer'].map(async (query) =>
      readEvents(await client().get(`/runs/${id}/stream${query}`)),
    ),
  )
  const reading = readers.map((events) => collect(events))
  model.open('live')
  const [all = [], deltas = [], nothing = [], ends = []] = await Promise.all(reading)
  const isLast = ({ type }: StreamEvent) => type === 'run.completed'
  expect(textOf(all, 'answer')).toBe(text)
  expect(deltas).toEqual(all.filter((event) => event.type === 'node.delta' || isLast(event)))
  expect(nothing).toEqual(all.filter(isLast))
  expect(ends).toEqual(all.filter((event) => event.type === 'node.completed' || isLast(event)))
})

test('the log comes in pages too, and they are the same envelopes', async () => {
  const events: unknown[] = []
  for (let after = 0, isEnded = false; !isEnded; ) {
    const answer = await client().get(`/runs/${ended.id}/events?after=${after}&limit=7`)
    const page = (await answer.json()) as { items: unknown[]; next: number; ended: boolean }
    expect(page.items.length).toBeLessThanOrEqual(7)
    events.push(...page.items)
    after = page.next
    isEnded = page.ended
  }
  expect(events).toEqual(ended.events.map(({ id: _, ...envelope }) => envelope))
})
