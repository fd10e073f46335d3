import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Stack, startStack } from '../support/stack.ts'
import { createClient } from './support/client.ts'
import { ASK } from './support/documents.ts'

/** Traces, as a collector gets them: one that stands here in this process. */

type Span = {
  service: string
  name: string
  traceId: string
  spanId: string
  parentSpanId: string
  attributes: Record<string, unknown>
}

const spans: Span[] = []
const collector = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) body += chunk
  for (const { resource, scopeSpans } of JSON.parse(body).resourceSpans) {
    const service = attributesOf(resource.attributes)['service.name'] as string
    for (const span of scopeSpans.flatMap((scope: { spans: object[] }) => scope.spans)) {
      spans.push({ ...span, service, attributes: attributesOf(span.attributes) })
    }
  }
  response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
})

const attributesOf = (list: { key: string; value: Record<string, unknown> }[]): Record<string, unknown> =>
  Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0]]))

let stack: Stack
beforeAll(async () => {
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  const { port } = collector.address() as AddressInfo
  stack = await startStack({
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, OTEL_BSP_SCHEDULE_DELAY: '50' },
  })
})
afterAll(async () => {
  await stack?.stop()
  await new Promise((resolve) => collector.close(resolve))
})

const TRACE = '0af7651916cd43dd8448eb211c80319c'

const spanOf = (name: string) => spans.find((span) => span.traceId === TRACE && span.name === name)

test('one trace goes from the caller through the request and the run to the model', async () => {
  stack.model.enqueue([{ text: 'Because.' }])
  const client = createClient(stack.url)
  const headers = { traceparent: `00-${TRACE}-b7ad6b7169203331-01` }
  const { id } = await client.start({ ir: ASK, input: { question: 'why?' } }, headers)
  expect(await client.result(id)).toMatchObject({ status: 'completed' })

  await expect.poll(() => spanOf('execute llm'), { timeout: 20_000 }).toBeDefined()
  const chain = ['POST /runs', 'start workflow', 'execute llm', 'chat scripted'].map(spanOf)
  expect(chain.map((span) => span?.service)).toEqual(['treadle-api', 'treadle-api', 'treadle-worker', 'treadle-worker'])
  expect(chain.map((span) => span?.parentSpanId)).toEqual([
    'b7ad6b7169203331',
    ...chain.slice(0, -1).map((span) => span?.spanId),
  ])
  expect(spanOf('POST /runs')?.attributes).toMatchObject({
    'http.request.method': 'POST',
    'http.route': '/runs',
    'http.response.status_code': 201,
  })
  expect(spanOf('execute llm')?.attributes).toMatchObject({
    'treadle.run.id': id,
    'treadle.node.path': 'answer',
    'treadle.node.outcome': 'completed',
  })
  const chat = spanOf('chat scripted')?.attributes
  expect(chat).toMatchObject({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'scripted',
    'gen_ai.conversation.id': id,
  })
  expect(Number(chat?.['gen_ai.usage.output_tokens'])).toBeGreaterThan(0)
  // What was said stays in the log of the run.
  expect(JSON.stringify(spans)).not.toMatch(/why\?|Because\./)
})

test('a call that fails says how', async () => {
  stack.model.enqueue([{ error: { status: 401, message: 'no' } }])
  const client = createClient(stack.url)
  const { id } = await client.start({ ir: ASK, input: { question: 'refused?' } })
  expect(await client.result(id)).toMatchObject({ status: 'failed' })
  const failed = () =>
    spans.find(({ name, attributes }) => name === 'execute llm' && attributes['treadle.run.id'] === id)
  await expect.poll(failed, { timeout: 20_000 }).toMatchObject({ attributes: { 'error.type': 'auth' } })
})
