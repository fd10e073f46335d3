import { describe, expect, test } from 'vitest'
import { llm, textOf, typesOf, useExecutor } from './support/executor-bench.ts'

const executor = useExecutor()

const LABEL = {
  type: 'object',
  properties: { label: { enum: ['bug', 'billing'] } },
  required: ['label'],
  additionalProperties: false,
}

describe('a model call', () => {
  test('streams its text and completes with it, its usage and its price', async () => {
    const { prompt, newRun, attempt, events } = executor()
    const run = await newRun()
    const usage = { promptTokens: 10, completionTokens: 4, cachedTokens: 2, reasoningTokens: 1 }

    const outcome = await attempt(run, {
      work: llm(prompt([{ text: 'Grüße, ' }, { text: '😀' }, { text: '!' }, { usage }]), { model: 'priced' }),
    })
    const log = await events(run)
    const used = {
      llmCalls: 1,
      inputTokens: 10,
      outputTokens: 4,
      cachedInputTokens: 2,
      reasoningTokens: 1,
      costUsd: 0.00005,
    }
    expect(outcome).toMatchObject({ status: 'completed', output: 'Grüße, 😀!', usage: used })
    expect(textOf(log)).toBe('Grüße, 😀!')
    expect(log.at(-1)).toMatchObject({
      type: 'node.completed',
      attempt: 1,
      data: { output: 'Grüße, 😀!', usage: used },
    })
  })

  test('sends what the node says, with parameters, limit and key of its model', async () => {
    const { model, newRun, attempt } = executor()
    await attempt(await newRun(), {
      work: {
        kind: 'llm',
        model: { provider: 'openai', model: 'm', params: { temperature: 0, top_k: 40 }, maxOutputTokens: 9 },
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: { b: 1, a: [] } },
        ],
      },
    })
    const request = model.requests.at(-1)
    expect(request?.headers.authorization).toBe('Bearer sk-operator-key')
    expect(request?.body).toEqual({
      model: 'm',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: '{"a":[],"b":1}' },
      ],
      temperature: 0,
      top_k: 40,
      max_completion_tokens: 9,
      stream: true,
      stream_options: { include_usage: true },
    })
  })

  test('a refusal is `refused`, with the model’s words', async () => {
    const { prompt, newRun, attempt } = executor()
    const outcome = await attempt(await newRun(), { work: llm(prompt([{ refusal: 'I will not.' }])) })
    expect(outcome).toMatchObject({ status: 'failed', error: { type: 'refused', node: 'node' } })
    expect(outcome).toHaveProperty('error.message', expect.stringContaining('I will not.'))
  })

  test('an answer that is cut off at its limit is `invalid_output`', async () => {
    const { prompt, newRun, attempt } = executor()
    const outcome = await attempt(await newRun(), {
      work: llm(prompt([{ text: 'Once upon a' }, { finish: 'length' }]), { maxOutputTokens: 3 }),
    })
    expect(outcome).toMatchObject({ status: 'failed', error: { type: 'invalid_output' } })
    expect(outcome).toHaveProperty('error.message', expect.stringContaining('limit of 3 tokens'))
  })
})

describe('a structured answer', () => {
  test('is asked for by its schema, and is the value', async () => {
    const { prompt, model, newRun, attempt } = executor()
    const outcome = await attempt(await newRun(), {
      work: llm(prompt([{ text: '{"label":' }, { text: '"bug"}' }])),
      outputSchema: LABEL,
    })
    expect(outcome).toMatchObject({ status: 'completed', output: { label: 'bug' } })
    expect(model.requests.at(-1)?.body).toHaveProperty('response_format', {
      type: 'json_schema',
      json_schema: { name: 'answer', schema: LABEL, strict: true },
    })
  })

  test.each([['{"value":"bug"}'], ['"bug"']])('whose schema is no object is read from %s', async (text) => {
    const { prompt, newRun, attempt } = executor()
    const outcome = await attempt(await newRun(), {
      work: llm(prompt([{ text }])),
      outputSchema: { enum: ['bug', 'billing'] },
    })
    expect(outcome).toMatchObject({ status: 'completed', output: 'bug' })
  })

  test('that does not fit gets one repair turn, which is told what is wrong', async () => {
    const { prompt, model, newRun, attempt, events } = executor()
    const run = await newRun()
    const outcome = await attempt(run, {
      work: llm(prompt([{ text: '{"label":"other"}' }], [{ text: '{"label":"billing"}' }])),
      outputSchema: LABEL,
    })
    expect(outcome).toMatchObject({ status: 'completed', output: { label: 'billing' }, usage: { llmCalls: 2 } })
    expect(model.requests.at(-1)?.body).toMatchObject({
      messages: [
        { role: 'user' },
        { role: 'assistant', content: '{"label":"other"}' },
        { role: 'user', content: expect.stringContaining('/label must be equal to one of the allowed values') },
      ],
    })
    expect(textOf(await events(run))).toBe('{"label":"other"}{"label":"billing"}')
  })

  test('that does not fit twice is `invalid_output`, and not retried', async () => {
    const { prompt, model, newRun, attempts } = executor()
    const before = model.requests.length
    const outcomes = await attempts(await newRun(), {
      work: llm(prompt([{ text: 'not json' }], [{ text: '{"label":7}' }])),
      outputSchema: LABEL,
    })
    expect(outcomes).toMatchObject([{ status: 'failed', error: { type: 'invalid_output' } }])
    expect(model.requests.length - before).toBe(2)
  })

  test('that pretends to hold a stored value is refused', async () => {
    const { prompt, newRun, attempt } = executor()
    const forged = JSON.stringify({ a: { $blob: { sha256: 'f'.repeat(64), size: 1 } } })
    const outcome = await attempt(await newRun(), {
      work: llm(prompt([{ text: forged }])),
      outputSchema: { type: 'object' },
    })
    expect(outcome).toMatchObject({ status: 'failed', error: { type: 'invalid_output' } })
    expect(outcome).toHaveProperty('error.message', expect.stringContaining('"$blob" at /a'))
  })
})

describe('a failing model', () => {
  test.each([
    [400, 'failed', 'invalid_request'],
    [401, 'failed', 'auth'],
    [404, 'failed', 'invalid_request'],
    [429, 'retrying', 'rate_limited'],
    [500, 'retrying', 'unavailable'],
    [503, 'retrying', 'overloaded'],
    [529, 'retrying', 'overloaded'],
  ])('that answers HTTP %i: the node is %s with `%s`', async (status, outcome, type) => {
    const { prompt, newRun, attempt } = executor()
    expect(await attempt(await newRun(), { work: llm(prompt([{ error: { status } }])) })).toMatchObject({
      status: outcome,
      error: { type },
    })
  })

  test('is asked again after what Retry-After says, and the log tells', async () => {
    const { prompt, newRun, attempts, events } = executor()
    const run = await newRun()
    const outcomes = await attempts(run, {
      work: llm(prompt([{ error: { status: 429, retryAfter: 7 } }], [{ text: 'Now.' }])),
    })
    expect(outcomes).toMatchObject([
      { status: 'retrying', delayMs: 7000, attempt: 1 },
      { status: 'completed', output: 'Now.' },
    ])
    const log = await events(run)
    expect(typesOf(log)).toEqual([
      'node.started 1',
      'node.retrying 1',
      'node.started 2',
      'node.delta 2',
      'node.completed 2',
    ])
    expect(log.find(({ type }) => type === 'node.retrying')?.data).toMatchObject({
      error: { type: 'rate_limited' },
      delayMs: 7000,
    })
  })

  test.each([
    ['cut in the middle', [{ text: 'Half' }, { cut: true as const }]],
    ['with a chunk that is not JSON', [{ text: 'Half' }, { raw: 'data: {"choices": [oops\n\n' }]],
    ['with an error inside', [{ text: 'Half' }, { error: { status: 500 } }]],
    ['that ends without an end', [{ text: 'Half' }, { raw: 'data: [DONE]\n\n' }, { cut: true as const }]],
  ])('a stream %s is `unavailable`, and the next attempt starts its text anew', async (_how, script) => {
    const { prompt, newRun, attempts, events } = executor()
    const run = await newRun()
    const outcomes = await attempts(run, { work: llm(prompt(script, [{ text: 'Whole' }])) })
    expect(outcomes).toMatchObject([
      { status: 'retrying', error: { type: 'unavailable' } },
      { status: 'completed', output: 'Whole' },
    ])
    const log = await events(run)
    // How much of it gets through before a cut is up to the sockets.
    expect('Half').toContain(textOf(log, 1))
    expect(textOf(log, 2)).toBe('Whole')
  })

  test('fails the node after as many attempts as the table says', async () => {
    const { prompt, newRun, attempts } = executor()
    const outcomes = await attempts(await newRun(), {
      work: llm(prompt(...Array(5).fill([{ error: { status: 503 } }]))),
    })
    expect(outcomes.map(({ status }) => status)).toEqual(['retrying', 'retrying', 'retrying', 'retrying', 'failed'])
  })

  test('a failure that a catch takes is marked in the log', async () => {
    const { prompt, newRun, attempt, events } = executor()
    const run = await newRun()
    await attempt(run, { work: llm(prompt([{ error: { status: 401 } }])), catches: ['auth'] })
    expect((await events(run)).at(-1)).toMatchObject({ type: 'node.failed', data: { caught: true } })
  })
})
