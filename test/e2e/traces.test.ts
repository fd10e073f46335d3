import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { goWorker, pythonWorker } from '../support/language-workers.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { startTraceCollector, type TraceCollector } from '../support/trace-collector.ts'
import { createClient } from './support/client.ts'
import { ASK } from './support/documents.ts'

/** Traces, as a collector gets them: one that stands here in this process. */

let collector: TraceCollector
let stack: Stack
beforeAll(async () => {
  collector = await startTraceCollector()
  stack = await startStack({
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '50' },
  })
})
afterAll(async () => {
  await stack?.stop()
  await collector.close()
})

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const CALLER = 'b7ad6b7169203331'

const spanOf = (name: string, traceId = TRACE) =>
  collector.spans.find((span) => span.traceId === traceId && span.name === name)

test('one trace goes from the caller through the request and the run to the model', async () => {
  stack.model.enqueue([{ text: 'Because.' }])
  const client = createClient(stack.url)
  const headers = { traceparent: `00-${TRACE}-${CALLER}-01` }
  const { id } = await client.start({ ir: ASK, input: { question: 'why?' } }, headers)
  expect(await client.result(id)).toMatchObject({ status: 'completed' })

  await expect.poll(() => spanOf('execute llm'), { timeout: 20_000 }).toBeDefined()
  const chain = ['POST /runs', 'start workflow', 'execute llm', 'chat scripted'].map((name) => spanOf(name))
  expect(chain.map((span) => span?.service)).toEqual(['treadle-api', 'treadle-api', 'treadle-worker', 'treadle-worker'])
  expect(chain.map((span) => span?.parentSpanId)).toEqual([CALLER, ...chain.slice(0, -1).map((span) => span?.spanId)])
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
  expect(JSON.stringify(collector.spans)).not.toMatch(/why\?|Because\./)
})

test('a call that fails says how', async () => {
  stack.model.enqueue([{ error: { status: 401, message: 'no' } }])
  const client = createClient(stack.url)
  const { id } = await client.start({ ir: ASK, input: { question: 'refused?' } })
  expect(await client.result(id)).toMatchObject({ status: 'failed' })
  const failed = () =>
    collector.spans.find(({ name, attributes }) => name === 'execute llm' && attributes['treadle.run.id'] === id)
  await expect.poll(failed, { timeout: 20_000 }).toMatchObject({ attributes: { 'error.type': 'auth' } })
})

describe('the workers of other languages', () => {
  const functions = fileURLToPath(new URL('../conformance/functions/', import.meta.url))

  beforeAll(async () => {
    await stack.startWorker({ TREADLE_FUNCTIONS: 'conformance_functions' }, await pythonWorker(functions))
    await stack.startWorker({}, await goWorker(`${functions}go`))
  }, 600_000)

  test.each([
    ['python', '1af7651916cd43dd8448eb211c80319c'],
    ['go', '2af7651916cd43dd8448eb211c80319c'],
  ])('%s: attempts, calls of models and of tools are in the trace of their run', async (runtime, traceId) => {
    stack.model.enqueue([{ text: 'Because.' }])
    const ir = {
      ...ASK,
      tools: { measure: { kind: 'function', name: 'conformance.length', runtime } },
      nodes: {
        answer: { ...ASK.nodes.answer, runtime },
        length: { kind: 'tool', tool: 'measure', args: { text: '${nodes.answer}' } },
      },
    }
    const client = createClient(stack.url)
    const headers = { traceparent: `00-${traceId}-${CALLER}-01` }
    const { id } = await client.start({ ir, input: { question: 'why?' } }, headers)
    expect(await client.result(id)).toMatchObject({ status: 'completed' })

    const span = (name: string) => spanOf(name, traceId)
    await expect.poll(() => span('execute_tool measure') && span('chat scripted'), { timeout: 20_000 }).toBeDefined()
    const [workflow, attempt, chat, tool] = [
      'start workflow',
      'execute llm',
      'chat scripted',
      'execute_tool measure',
    ].map(span)
    expect([attempt, chat, tool].map((each) => each?.service)).toEqual(Array(3).fill(`treadle-worker-${runtime}`))
    expect([attempt, chat, tool].map((each) => each?.parentSpanId)).toEqual([
      workflow?.spanId,
      attempt?.spanId,
      workflow?.spanId,
    ])
    expect(attempt?.attributes).toMatchObject({
      'treadle.run.id': id,
      'treadle.tenant': 'default',
      'treadle.node.path': 'answer',
      'treadle.node.kind': 'llm',
      'treadle.node.outcome': 'completed',
    })
    expect(chat?.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'scripted',
      'gen_ai.conversation.id': id,
      'treadle.node.path': 'answer',
    })
    expect(Number(chat?.attributes['gen_ai.usage.output_tokens'])).toBeGreaterThan(0)
    expect(tool?.attributes).toMatchObject({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'measure',
      'treadle.node.outcome': 'completed',
    })
    expect(JSON.stringify(collector.spans)).not.toMatch(/why\?|Because\./)
  })

  test.each(['python', 'go'])('%s: a call that fails says how', async (runtime) => {
    stack.model.enqueue([{ error: { status: 401, message: 'no' } }])
    const ir = { ...ASK, nodes: { answer: { ...ASK.nodes.answer, runtime } } }
    const client = createClient(stack.url)
    const { id } = await client.start({ ir, input: { question: 'refused?' } })
    expect(await client.result(id)).toMatchObject({ status: 'failed' })
    const failed = () =>
      collector.spans.find(({ name, attributes }) => name === 'execute llm' && attributes['treadle.run.id'] === id)
    await expect.poll(failed, { timeout: 20_000 }).toMatchObject({
      service: `treadle-worker-${runtime}`,
      attributes: { 'error.type': 'auth', 'treadle.node.outcome': 'failed' },
    })
  })
})
