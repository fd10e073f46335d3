import { validatorOf } from '@treadle/contract/validate'
import { expect, test } from 'vitest'
import { useApi } from './support/api.ts'
import { APPROVAL, ECHO } from './support/documents.ts'

const api = useApi()

const post = (url: string, payload: string | object, type = 'application/json') =>
  api().app.inject({ method: 'POST', url, payload, headers: { 'content-type': type } })

test('a document without findings is valid, as JSON and as YAML', async () => {
  expect((await post('/validate', ECHO)).json()).toEqual({ ok: true, diagnostics: [] })
  const yaml = 'ir: treadle/v1\nname: yaml\nnodes:\n  a: { kind: set, value: 1 }\noutput: "${nodes.a}"\n'
  expect((await post('/validate', yaml, 'application/yaml')).json()).toMatchObject({ ok: true })
})

test('findings have the line and the column of the text that was sent', async () => {
  const yaml = 'ir: treadle/v1\nname: yaml\nnodes:\n  a: { kind: set, value: "${nodes.b}" }\n'
  const answer = await post('/validate', yaml, 'application/yaml')
  expect(answer.statusCode).toBe(200)
  expect(answer.json()).toMatchObject({
    ok: false,
    diagnostics: [{ severity: 'error', range: { start: { line: 4 } } }],
  })
})

test('what POST /runs refuses is what POST /validate finds', async () => {
  const document = { ...ECHO, nodes: { a: { kind: 'set', value: '${nodes.b}' }, c: { kind: 'sett' } } }
  const found = (await post('/validate', document)).json().diagnostics
  expect((await post('/runs', { ir: document })).json().diagnostics).toEqual(found)
})

test('a text that is no document at all is malformed', async () => {
  for (const [text, type] of [
    ['{"ir":', 'application/json'],
    ['a: [1', 'application/yaml'],
    ['', 'application/json'],
  ] as const) {
    const answer = await post('/validate', text, type)
    expect([text, answer.statusCode, answer.json().type]).toEqual([text, 400, '/problems/malformed-request'])
  }
})

test('compiling gives the spec, with the plan in it, as its schema has it', async () => {
  const answer = (await post('/compile', APPROVAL)).json()
  expect(answer).toMatchObject({ ok: true, planHash: expect.stringMatching(/^[0-9a-f]{64}$/) })
  const isSpec = validatorOf('temporal-workflow-spec.v1.schema.json')
  expect(isSpec(answer.spec), JSON.stringify(isSpec.errors)).toBe(true)
  expect(answer.spec.args[0].plan.signals).toMatchObject([{ name: 'approve' }])
  expect(answer.bounds).toBeDefined()
  expect((await post('/compile', { ...APPROVAL, nodes: {} })).json()).not.toHaveProperty('spec')
})

test('the same document in another order compiles to the same plan', async () => {
  const turned = Object.fromEntries(Object.entries(APPROVAL).toReversed())
  const [one, other] = [await post('/compile', APPROVAL), await post('/compile', turned)]
  expect(other.json().planHash).toBe(one.json().planHash)
})

test('limits of tokens and money are checked by the table of models, wherever a document comes in', async () => {
  const limited = (model: string, limits: object) => ({
    ir: 'treadle/v1',
    name: 'limited',
    models: { m: { provider: 'openai', model } },
    limits,
    nodes: { a: { kind: 'llm', model: 'm', prompt: 'Hello' } },
  })
  const findings = [
    { document: limited('unpriced', { costUsd: 1 }), code: 'no-price', path: '/models/m/model' },
    { document: limited('unknown', { tokens: 1_000 }), code: 'unbounded-tokens', path: '/nodes/a' },
    { document: limited('priced', { tokens: 99 }), code: 'limit-too-small', path: '/limits/tokens' },
  ]
  for (const { document, code, path } of findings) {
    const found = expect.arrayContaining([expect.objectContaining({ code, path, severity: 'error' })])
    expect((await post('/validate', document)).json()).toEqual({ ok: false, diagnostics: found })
    expect((await post('/compile', document)).json()).toMatchObject({ ok: false, diagnostics: found })
    const refused = await post('/runs', { ir: document })
    expect([refused.statusCode, refused.json()]).toEqual([422, expect.objectContaining({ diagnostics: found })])
  }
  const fitting = limited('priced', { costUsd: 1, tokens: 1_000 })
  expect((await post('/validate', fitting)).json()).toEqual({ ok: true, diagnostics: [] })
  // What a worker reserves for a call, it reads in the plan.
  expect((await post('/compile', fitting)).json().spec.args[0].plan.models.m).toMatchObject({ maxOutputTokens: 100 })
})
