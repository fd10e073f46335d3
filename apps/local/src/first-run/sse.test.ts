import { expect, test } from 'vitest'
import { readSse, type SseEvent } from './sse.ts'

async function read(...chunks: string[]): Promise<SseEvent[]> {
  const events: SseEvent[] = []
  const bytes = async function* () {
    for (const chunk of chunks) yield new TextEncoder().encode(chunk)
  }
  for await (const event of readSse(bytes())) events.push(event)
  return events
}

test('events are read, comments and other fields are passed over', async () => {
  expect(await read('retry: 1000\n\n: ping\n\nid: 1\nevent: run.created\ndata: {"a":1}\n\n')).toEqual([
    { id: '1', event: 'run.created', data: '{"a":1}' },
  ])
})

test('it does not matter where the chunks are cut', async () => {
  const text = 'id: 1\nevent: a\ndata: grün\n\nid: 2\nevent: b\ndata: x\ndata: y\n\n'
  const bytes = Array.from(text)
  expect(await read(...bytes)).toEqual(await read(text))
  expect((await read(text))[1]).toEqual({ id: '2', event: 'b', data: 'x\ny' })
})

test('half an event at the end is none', async () => {
  expect(await read('id: 1\ndata: x\n')).toEqual([])
})
