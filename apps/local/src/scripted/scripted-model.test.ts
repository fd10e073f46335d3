import OpenAI from 'openai'
import type { ChatCompletionChunk } from 'openai/resources'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ScriptedModel, startScriptedModel } from './scripted-model.ts'

// The real client of the protocol reads every answer: what it accepts is what workers accept.
let model: ScriptedModel
let client: OpenAI

beforeEach(async () => {
  model = await startScriptedModel()
  client = new OpenAI({ apiKey: 'none', baseURL: model.baseUrl, maxRetries: 0 })
})
afterEach(() => model.close())

const question = (text: string) => ({ model: 'any', messages: [{ role: 'user' as const, content: text }] })

async function stream(text = 'hello', options: { signal?: AbortSignal } = {}) {
  const body = { ...question(text), stream: true as const, stream_options: { include_usage: true } }
  const chunks: ChatCompletionChunk[] = []
  for await (const chunk of await client.chat.completions.create(body, options)) chunks.push(chunk)
  return chunks
}

const textOf = (chunks: ChatCompletionChunk[]) => chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')

test('deltas arrive one by one, with the reason for the end and the usage last', async () => {
  model.enqueue([{ text: 'Hel' }, { text: 'lo' }, { usage: { promptTokens: 7, completionTokens: 2 } }])
  const chunks = await stream()
  expect(chunks.flatMap((chunk) => chunk.choices[0]?.delta.content || [])).toEqual(['Hel', 'lo'])
  expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop')
  expect(chunks.at(-1)?.usage).toMatchObject({ prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 })
})

test('without streaming the same script gives one message', async () => {
  model.enqueue([{ text: 'Hel' }, { text: 'lo' }])
  const { choices, usage } = await client.chat.completions.create(question('hello'))
  expect(choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'Hello' } })
  expect(usage?.completion_tokens).toBe(2)
})

test('tool calls come in pieces that the client puts together', async () => {
  model.when({}, [
    { toolCall: { name: 'look', arguments: { id: 7 } } },
    { toolCall: { name: 'find', arguments: { q: 'é' }, pieces: 5 } },
  ])
  const streamed = await client.chat.completions.stream(question('x')).finalMessage()
  const whole = await client.chat.completions.create(question('x'))
  const calls = [
    ['look', '{"id":7}'],
    ['find', '{"q":"é"}'],
  ]
  for (const message of [streamed, whole.choices[0]?.message]) {
    const made = (message?.tool_calls ?? []).flatMap((call) => (call.type === 'function' ? [call.function] : []))
    expect(made.map((call) => [call.name, call.arguments])).toEqual(calls)
  }
  expect(whole.choices[0]?.finish_reason).toBe('tool_calls')
})

test('an answer waits at its gate until the test opens it', async () => {
  model.enqueue([{ text: 'before' }, { gate: 'middle' }, { text: ' after' }])
  const received: string[] = []
  const reading = client.chat.completions
    .stream(question('x'))
    .on('content', (delta) => received.push(delta))
    .finalContent()
  await model.reached('middle')
  expect(received.join('')).not.toContain('after')
  model.open('middle')
  expect(await reading).toBe('before after')
})

test('a caller that gives up is seen to have closed its socket', async () => {
  model.enqueue([{ text: 'one' }, { gate: 'never' }])
  const abort = new AbortController()
  const reading = stream('x', { signal: abort.signal }).catch((error: unknown) => error)
  await model.reached('never')
  abort.abort()
  await reading
  expect(await model.requests[0]?.ended).toBe('aborted')
})

test('a model that hangs is left by its caller, and the server still closes', async () => {
  model.enqueue([{ hang: true }])
  const hanging = stream().catch((error: unknown) => error)
  await model.waitFor()
  await model.close()
  expect(await hanging).toBeInstanceOf(Error)
})

test('an error before the first delta is an HTTP error with its headers', async () => {
  model.enqueue([{ error: { status: 429, retryAfter: 3 } }])
  const error = await stream().catch((failure: unknown) => failure)
  expect(error).toBeInstanceOf(OpenAI.RateLimitError)
  expect((error as InstanceType<typeof OpenAI.APIError>).headers?.get('retry-after')).toBe('3')
})

test('an error after it comes inside the stream', async () => {
  model.enqueue([{ text: 'half' }, { error: { status: 500, message: 'The server broke.' } }])
  await expect(stream()).rejects.toThrow('The server broke.')
})

test.each([
  ['a connection that is cut', [{ text: 'half' }, { cut: true as const }]],
  ['an event that is no JSON', [{ text: 'half' }, { raw: 'data: {"id": oops\n\n' }]],
])('%s is an error to the caller', async (_name, script) => {
  model.enqueue(script)
  await expect(stream()).rejects.toThrow()
})

test('answers are chosen by what is asked, and each is used as often as it says', async () => {
  model.when({ prompt: 'weather' }, [{ text: 'sunny' }], { times: 1 })
  model.when({ prompt: 'weather' }, [{ text: 'rain' }])
  model.enqueue([{ text: 'first' }])
  const answers = []
  for (const text of ['hello', 'the weather?', 'the weather?', 'the weather?']) answers.push(textOf(await stream(text)))
  expect(answers).toEqual(['first', 'sunny', 'rain', 'rain'])
})

test('every request is recorded as it came', async () => {
  model.enqueue((request) => [{ text: `about ${request.model}` }])
  expect(textOf(await stream('hi'))).toBe('about any')
  expect(model.requests).toHaveLength(1)
  expect(model.requests[0]).toMatchObject({
    number: 1,
    method: 'POST',
    path: '/v1/chat/completions',
    headers: { authorization: 'Bearer none' },
    body: { stream: true, messages: [{ content: 'hi' }] },
  })
  expect(await model.requests[0]?.ended).toBe('answered')
})

test('with nothing programmed it answers the question in several deltas', async () => {
  const chunks = await stream('Why is the sky blue?')
  expect(textOf(chunks)).toContain('Why is the sky blue?')
  expect(chunks.length).toBeGreaterThan(5)
})

test('with nothing programmed it fits the schema that it is given, then uses a tool once', async () => {
  const schema = { type: 'object', required: ['label'], properties: { label: { enum: ['bug', 'billing'] } } }
  const structured = await client.chat.completions.create({
    ...question('My billing is wrong'),
    response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } },
  })
  expect(JSON.parse(structured.choices[0]?.message.content ?? '')).toEqual({ label: 'billing' })

  const tools = [{ type: 'function' as const, function: { name: 'look', parameters: schema } }]
  const calling = await client.chat.completions.create({ ...question('x'), tools })
  const call = calling.choices[0]?.message
  expect(call?.tool_calls).toMatchObject([{ function: { name: 'look', arguments: '{"label":"bug"}' } }])

  const messages = [
    ...question('x').messages,
    ...(call ? [call] : []),
    { role: 'tool' as const, tool_call_id: 'call_1', content: '{}' },
  ]
  const answered = await client.chat.completions.create({ model: 'any', messages, tools })
  expect(answered.choices[0]?.finish_reason).toBe('stop')
})

test('a body without messages is refused as the protocol does', async () => {
  // @ts-expect-error: the point of the test is that `messages` is missing.
  const error = await client.chat.completions.create({ model: 'any' }).catch((failure: unknown) => failure)
  expect(error).toBeInstanceOf(OpenAI.BadRequestError)
})
