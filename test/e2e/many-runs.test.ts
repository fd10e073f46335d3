import { expect, test } from 'vitest'
import { useStack } from '../support/use-stack.ts'
import { collect, createClient, faultsOf, readEvents, type StreamEvent } from './support/client.ts'
import { ASK, ECHO, WAIT } from './support/documents.ts'
import { followUntil } from './support/follow-until.ts'

const stack = useStack()
const client = () => createClient(stack().url)
const queryOf = (ids: readonly string[]) => ids.map((id) => `runId=${id}`).join('&')

test('several runs share one stream, which ends when all have ended, and is resumed by one cursor', async () => {
  const { model } = stack()
  for (const gate of ['a', 'b', 'c']) {
    model.when({ prompt: `gate ${gate}` }, [{ text: 'one ' }, { gate }, { text: 'two' }])
  }
  const runs = await Promise.all(
    ['a', 'b', 'c'].map((gate) => client().start({ ir: ASK, input: { question: `gate ${gate}` } })),
  )
  const ids = runs.map(({ id }) => id)
  const stream = (cursor?: string) =>
    client().get(`/stream?${queryOf(ids)}`, cursor === undefined ? {} : { 'last-event-id': cursor })

  const events: StreamEvent[] = []
  // Each run has four events before its gate. The connection is cut after every second one.
  while (events.length < 12) {
    for await (const event of readEvents(await stream(events.at(-1)?.id))) {
      events.push(event)
      if (events.length % 2 === 0) break
    }
  }
  for (const gate of ['c', 'a', 'b']) model.open(gate)
  for await (const event of readEvents(await stream(events.at(-1)?.id))) events.push(event)

  for (const id of ids) {
    const own = events.filter(({ runId }) => runId === id)
    expect(faultsOf(own)).toEqual([])
    const alone = await collect(client().follow(id))
    expect(own.map(({ id: _, ...envelope }) => envelope)).toEqual(alone.map(({ id: _, ...envelope }) => envelope))
  }
  expect((await stream(events.at(-1)?.id)).status).toBe(204)
})

test('a cursor is good for the same runs in the same order only', async () => {
  const ids = [(await client().start({ ir: ECHO })).id, (await client().start({ ir: ECHO })).id]
  const events = await collect(readEvents(await client().get(`/stream?${queryOf(ids)}`)))
  const cursor = events.at(0)?.id ?? ''
  const rest = await collect(readEvents(await client().get(`/stream?${queryOf(ids)}&after=${cursor}`)))
  expect(rest.map(keyOf).sort()).toEqual(events.slice(1).map(keyOf).sort())
  for (const others of [ids.toReversed(), [...ids, 'run_other'], ids.slice(1)]) {
    const answer = await client().get(`/stream?${queryOf(others)}`, { 'last-event-id': cursor })
    expect([400, 404]).toContain(answer.status)
  }
  expect((await client().get(`/stream?${queryOf(ids.toReversed())}&after=${cursor}`)).status).toBe(400)
})

test('of one run the id is its seq, and a run that does not exist is a problem before the stream', async () => {
  const { id } = await client().start({ ir: ECHO })
  const events = await collect(readEvents(await client().get(`/stream?runId=${id}`)))
  expect(events.map(({ id }) => id)).toEqual(events.map(({ seq }) => String(seq)))
  expect((await client().get(`/stream?runId=${id}&runId=run_nobody`)).status).toBe(404)
  expect((await client().get('/stream')).status).toBe(400)
  expect((await client().get(`/stream?runId=${id}&runId=${id}`)).status).toBe(400)
})

test('latest begins with what happens next', async () => {
  const { id } = await client().start({ ir: WAIT })
  await followUntil(client(), id, 'run.waiting')
  const answer = await client().get(`/runs/${id}/stream?after=latest`)
  await client().post(`/runs/${id}/signals/approve`, { ok: 1 })
  const events = await collect(readEvents(answer))
  expect(events[0]?.type).toBe('signal.received')
  expect(events.at(-1)?.type).toBe('run.completed')
})

const keyOf = ({ runId, seq }: StreamEvent) => `${runId} ${seq}`
