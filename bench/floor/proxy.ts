// The least that streaming can take: asks the model when a client opens the stream, and passes each token on. Nothing is kept.
import { randomUUID } from 'node:crypto'
import { createParser } from 'eventsource-parser'
import Fastify from 'fastify'
import OpenAI from 'openai'

const openai = new OpenAI({ baseURL: process.env.OPENAI_BASE_URL, apiKey: 'none', maxRetries: 0 })
const prompts = new Map<string, string>()
const app = Fastify()

app.post<{ Body: { prompt: string } }>('/runs', async ({ body: { prompt } }, reply) => {
  const id = randomUUID()
  prompts.set(id, prompt)
  return reply.code(201).send({ id })
})

app.get<{ Params: { id: string } }>('/runs/:id/stream', async ({ params: { id } }, reply) => {
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  const content = prompts.get(id) ?? ''
  prompts.delete(id)
  const answer = await openai.chat.completions
    .create({ model: 'm', stream: true, messages: [{ role: 'user', content }] })
    .asResponse()
  let seq = 0
  let frames = ''
  // The client's own iterator waits several times for each chunk: with it this is no floor for fast models.
  const parser = createParser({
    onEvent({ data }) {
      if (data === '[DONE]') return
      const text = (JSON.parse(data) as OpenAI.ChatCompletionChunk).choices[0]?.delta.content
      if (!text) return
      seq += 1
      frames += `id: ${seq}\nevent: delta\ndata: ${JSON.stringify({ text })}\n\n`
    },
  })
  const decoder = new TextDecoder()
  for await (const bytes of answer.body ?? []) {
    parser.feed(decoder.decode(bytes, { stream: true }))
    if (frames !== '' && !raw.write(frames)) await new Promise((resolve) => raw.once('drain', resolve))
    frames = ''
  }
  raw.end(`id: ${seq + 1}\nevent: completed\ndata: {}\n\n`)
})

const url = await app.listen({ host: '127.0.0.1', port: 0 })
console.log(JSON.stringify({ msg: 'listening', port: Number(new URL(url).port) }))
process.once('SIGTERM', () => process.exit())
