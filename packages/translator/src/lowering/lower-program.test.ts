import { createHash } from 'node:crypto'
import { validatorOf } from '@treadle/contract/validate'
import { canonicalJson, type Json } from '@treadle/expressions'
import { expect, test } from 'vitest'
import { planOf, yaml } from '../testing/check.ts'
import { translate } from '../translate.ts'
import { canonical } from './canonical.ts'

test('the hash is SHA-256 of the canonical JSON of the plan', () => {
  const { plan, planHash } = translate(
    yaml('nodes:\n  a: { kind: set, value: { "10": 1, "9": 2, z: [], a: "é€\\u0007" } }'),
  )
  const expected = createHash('sha256')
    .update(canonicalJson(plan as unknown as Json))
    .digest('hex')
  expect(planHash).toBe(expected)
})

test.each([
  { b: 1, a: { d: [], c: null } },
  { '10': 1, '9': 1 },
  ['é', 1e21, -0, 0.1, '\u2028"\\'],
  { '': 1, é: 2, ﬁ: 3, '😀': 4 },
])('the quick canonical form is that of RFC 8785: %j', (value) =>
  expect(canonical(value).json).toBe(canonicalJson(value as Json)),
)

test('a text above 16 KiB is stored beside the plan and named in it', () => {
  const text = 'x'.repeat(20_000)
  const { plan, blobs } = translate({ ir: 'treadle/v1', name: 'test', nodes: { a: { kind: 'set', value: text } } })
  const sha256 = createHash('sha256').update(JSON.stringify(text)).digest('hex')
  expect(plan?.nodes[0]).toMatchObject({ value: { blob: { sha256, size: 20_002 } } })
  expect(blobs).toEqual([{ sha256, size: 20_002, json: JSON.stringify(text) }])
})

test('defaults are written out', () => {
  const plan = planOf(
    yaml(`
inputSchema: { type: array, maxItems: 4 }
models: { fast: { provider: openai, model: m, params: { temperature: 0, topP: 1, maxTokens: 9, extra: { top_k: 3 } } } }
tools: { t: { kind: http, url: "https://example.com/" } }
nodes:
  a: { kind: llm, model: fast, system: Be brief., prompt: Hi, params: { maxTokens: 5, stop: [x] } }
  b: { kind: map, over: input, do: { kind: tool, tool: t } }
  c: { kind: loop, max: 2, until: "true", do: { kind: set, value: 1 } }
  d: { kind: wait, for: 1h30m }`),
  )
  const node = (id: string) => plan.nodes.find((each) => each.id === id)
  expect(plan.models.fast).toEqual({
    provider: 'openai',
    model: 'm',
    maxOutputTokens: 9,
    params: { temperature: 0, top_p: 1, top_k: 3 },
  })
  expect(node('a')).toMatchObject({ params: { stop: ['x'] }, maxOutputTokens: 5, timeoutMs: 600_000 })
  expect(node('a')).toMatchObject({ messages: [{ role: 'system' }, { role: 'user' }] })
  expect(node('b')).toMatchObject({ concurrency: 10, onItemError: 'fail', maxItems: 4 })
  expect(node('c')).toMatchObject({ onMax: 'fail' })
  expect(node('d')).toMatchObject({ forMs: 5_400_000 })
  expect(plan.tools.t).toMatchObject({ method: 'GET', timeoutMs: 30_000 })
})

test('signals have one entry for each name and schema, approvals among them', () => {
  const plan = planOf(
    yaml(`
models: { fast: { provider: openai, model: m } }
tools: { pay: { kind: http, url: "https://example.com/" }, docs: { kind: mcp, server: "https://example.com/mcp", tools: [search, fetch] } }
nodes:
  a: { kind: receive, signal: go }
  b: { kind: receive, signal: go }
  c: { kind: agent, model: fast, maxTurns: 2, tools: [pay, docs], approve: [pay, docs] }`),
  )
  expect(plan.signals.map(({ name }) => name)).toEqual([
    'approve_docs.fetch',
    'approve_docs.search',
    'approve_pay',
    'go',
  ])
})

test('the spec fits its schema, and tags are cut where Temporal would refuse them', () => {
  const tags = Array.from({ length: 32 }, (_, index) => `${index}`.padStart(200, 'é'))
  const run = { id: 'run_1', tenant: 'default', createdAt: '2026-11-24T04:00:00.000Z' }
  const { spec } = translate(yaml('nodes:\n  a: { kind: set, value: 1 }'), {
    run: { run, input: null, tags, priority: 2, fairnessKey: 'default', workflow: { name: 'w', version: '3' } },
    limits: { executionTimeoutMs: 1000 },
  })
  const validate = validatorOf('temporal-workflow-spec.v1.schema.json')
  expect(validate(spec), JSON.stringify(validate.errors)).toBe(true)
  expect(spec?.workflowId).toBe('default:run_1')
  const kept = spec?.searchAttributes.TreadleTags ?? []
  expect(kept).toEqual(tags.slice(0, kept.length))
  expect(new TextEncoder().encode(JSON.stringify(kept)).length).toBeLessThanOrEqual(2000)
})
