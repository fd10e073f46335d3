import { HttpAgent } from '@ag-ui/client'
import { EventSchemas } from '@ag-ui/core/schemas'
import OpenAI from 'openai'
import { beforeAll, expect, test } from 'vitest'
import { useStack } from '../support/use-stack.ts'
import { collect, createClient, readFrames } from './support/client.ts'
import { ASK, ECHO, WAIT } from './support/documents.ts'
import { followUntil } from './support/follow-until.ts'

const stack = useStack()
const client = () => createClient(stack().url)
const pathOf = (id: string, format: string, query = '') => `/runs/${id}/stream?format=${format}${query}`

let id = ''
beforeAll(async () => {
  const { model } = stack()
  model.enqueue([{ text: 'half an ans' }, { gate: 'seen' }, { cut: true }])
  model.enqueue([{ text: 'the whole ' }, { text: 'answer' }])
  id = (await client().start({ ir: ASK, input: { question: 'formats' } })).id
  await followUntil(client(), id, 'node.delta')
  model.open('seen')
  expect(await client().result(id)).toMatchObject({ output: { answer: 'the whole answer' } })
})

/** The stream as a client of another protocol gets it: cut after each of some events, and resumed from there. */
async function cutAndResumed(format: string, cuts: number[]): Promise<Response> {
  let text = ''
  let last = 0
  for (const cut of [...cuts, Number.POSITIVE_INFINITY]) {
    const answer = await client().get(pathOf(id, format), { 'last-event-id': String(last) })
    const frames = (await answer.text()).split('\n\n').filter((frame) => frame.includes('data: '))
    let isBefore = true
    for (const frame of frames.filter((_) => isBefore)) {
      if (!isBefore) break
      text += `${frame}\n\n`
      last = Number(/^id: (\d+)$/m.exec(frame)?.[1] ?? last)
      if (last >= cut) isBefore = false
    }
  }
  return new Response(text, { headers: { 'content-type': 'text/event-stream' } })
}

test.each([[[]], [[3, 5, 6]], [[1, 2, 3, 4, 5, 6, 7, 8]]])(
  'AG-UI’s own client takes the stream, cut after the events %j',
  async (cuts) => {
    const agent = new HttpAgent({ url: stack().url, fetch: () => cutAndResumed('ag-ui', cuts) })
    const types: string[] = []
    const { result } = await agent.runAgent({ runId: id }, { onEvent: ({ event }) => void types.push(event.type) })
    expect(result).toEqual({ answer: 'the whole answer' })
    expect(agent.messages.map(({ role, content }) => [role, content])).toEqual([
      ['assistant', 'half an ans'],
      ['assistant', 'the whole answer'],
    ])
    expect([types[0], types.at(-1)]).toEqual(['RUN_STARTED', 'RUN_FINISHED'])
  },
)

test('every message of AG-UI fits its schema, and its ids are those of the log', async () => {
  const frames = (await collect(readFrames(await client().get(pathOf(id, 'ag-ui'))))).filter(({ data }) => data)
  for (const { data } of frames) expect(EventSchemas.safeParse(JSON.parse(data ?? '')).success, data).toBe(true)
  const events = await collect(client().follow(id))
  const ids = frames.flatMap((frame) => frame.id ?? [])
  expect(ids.every((one, index) => Number(one) > Number(ids[index - 1] ?? 0))).toBe(true)
  expect(ids.at(-1)).toBe(String(events.length))
  expect(frames.every(({ event }) => event === undefined)).toBe(true) // Plain EventSource gets them as `message`.
})

test.each([[[]], [[3, 5, 6]]])('OpenAI’s own client takes the stream, cut after the events %j', async (cuts) => {
  const openai = new OpenAI({
    apiKey: 'none',
    baseURL: stack().url,
    fetch: () => cutAndResumed('openai-responses', cuts),
  })
  const stream = openai.responses.stream({ model: 'ask', input: 'formats' })
  let text = ''
  stream.on('response.output_text.delta', ({ delta }) => {
    text += delta
  })
  const response = await stream.finalResponse()
  expect(response).toMatchObject({ id, status: 'completed', output_text: 'the whole answer' })
  expect(text).toBe('half an ansthe whole answer') // The first item ended as incomplete.
})

test('a run that is cancelled ends as one in both', async () => {
  const { id: waiting } = await client().start({ ir: WAIT })
  await followUntil(client(), waiting, 'run.waiting')
  const [agUi, openai] = await Promise.all(
    ['ag-ui', 'openai-responses'].map((format) => client().get(pathOf(waiting, format))),
  )
  await client().post(`/runs/${waiting}/cancel`, { reason: 'never mind' })
  const lastOf = async (answer: Response | undefined) =>
    JSON.parse((answer && (await collect(readFrames(answer))).at(-1)?.data) ?? '')
  expect(await lastOf(agUi)).toMatchObject({
    type: 'RUN_ERROR',
    code: 'cancelled',
    message: 'The run was cancelled: never mind',
  })
  expect(await lastOf(openai)).toMatchObject({ type: 'response.failed', response: { status: 'cancelled' } })
})

test('what does not go together is refused', async () => {
  const other = await client().start({ ir: ECHO })
  const statuses = async (...paths: string[]) =>
    Promise.all(
      paths.map(async (path) => {
        const answer = await client().get(path)
        await answer.body?.cancel()
        return answer.status
      }),
    )
  expect(
    await statuses(
      pathOf(id, 'xml'),
      pathOf(id, 'ag-ui', '&types=node.delta'),
      `/stream?runId=${id}&runId=${other.id}&format=ag-ui`,
      `/stream?runId=${id}&format=ag-ui`,
      pathOf(id, 'ag-ui', '&after=1000'),
    ),
  ).toEqual([400, 400, 400, 200, 204])
})

test('a run that is started with its stream comes in the format that was asked for', async () => {
  const start = (query: string) =>
    fetch(`${stack().url}/runs?${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ ir: ECHO, tags: { started: 'with its stream' } }),
    })
  for (const [query, again] of [
    ['format=ag-ui', 'format=ag-ui'],
    ['format=openai-responses', 'format=openai-responses'],
    ['types=node.started,run.started', 'types=node.started&types=run.started'],
    ['nodes=nowhere', 'nodes=nowhere'],
  ]) {
    const answer = await start(query ?? '')
    expect(answer.status).toBe(200)
    const streamed = await collect(readFrames(answer))
    const later = await collect(readFrames(await client().get(`${answer.headers.get('location')}/stream?${again}`)))
    expect(streamed).toEqual(later)
    expect(streamed.length).toBeGreaterThan(0)
  }
  const refused = await Promise.all(['format=xml', 'format=ag-ui&types=node.delta', 'after=3'].map(start))
  expect(refused.map(({ status }) => status)).toEqual([400, 400, 400])
  const list = await client().get('/runs?tag=started=with+its+stream')
  const { items } = (await list.json()) as { items: object[] }
  expect(items).toHaveLength(4) // What was refused has started nothing.
})
