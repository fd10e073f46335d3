import { expect, test } from 'vitest'
import { collect, createClient, textOf } from '../e2e/support/client.ts'
import { findSecret, formsOf } from '../support/invariants.ts'
import { useStack } from '../support/use-stack.ts'

/** T8: a secret leaves by an event, a value, an error, a log line, or Temporal's history. */

const CANARY = 'canary-5f2b9c1e7d4a'
const stack = useStack({
  temporalDatabase: 'file',
  workerEnv: { TREADLE_SECRET_TOKEN: CANARY, TREADLE_LOG_LEVEL: 'debug' },
})
const client = () => createClient(stack().url)

const FORMS = formsOf(CANARY)

const document = (path: string, more: object = {}) => ({
  ir: 'treadle/v1',
  name: 'canary',
  tools: {
    t: {
      kind: 'http',
      method: 'POST',
      url: `${stack().tools.url}${path}`,
      headers: { authorization: { secret: 'TOKEN', prefix: 'Bearer ' } },
      body: '${args}',
      inputSchema: { type: 'object' },
    },
  },
  nodes: {
    call: {
      kind: 'tool',
      tool: 't',
      args: { q: '${input.q}' },
      retry: { maxAttempts: 2, initialInterval: '10ms' },
      ...more,
    },
  },
})

/** A model and an MCP server that are given the secret, and say it. */
const talkative = () => ({
  ir: 'treadle/v1',
  name: 'talkative',
  models: { fast: { provider: 'openai', model: 'scripted', apiKey: { secret: 'TOKEN' } } },
  tools: {
    m: { kind: 'mcp', server: stack().mcp.server, headers: { authorization: { secret: 'TOKEN', prefix: 'Bearer ' } } },
  },
  nodes: {
    answer: { kind: 'llm', model: 'fast', prompt: 'Which key?', retry: { maxAttempts: 1 } },
    said: { kind: 'tool', tool: 'm.say', args: {}, retry: { maxAttempts: 1 } },
  },
})

test('a secret is in no table, no blob, no history, no log, no answer and no stream, whichever way it comes back', async () => {
  const { tools } = stack()
  tools.when({ path: '/echo' }, ({ headers }) => ({ json: { said: headers.authorization, forms: FORMS } }))
  tools.when({ path: '/large' }, ({ headers }) => ({ text: `${headers.authorization} `.repeat(2_000) }))
  tools.when({ path: '/refuses' }, ({ headers }) => ({ status: 400, text: `No: ${headers.authorization}` }))
  tools.when({ path: '/fails' }, ({ headers }) => ({ status: 503, text: String(headers.authorization) }))
  tools.when({ path: '/moves' }, ({ headers }) => ({
    status: 302,
    headers: { location: `http://127.0.0.1:1/${headers.authorization}` },
  }))
  tools.when({ path: '/cut' }, { cut: true })

  const told: string[] = []
  for (const path of ['/echo', '/large', '/refuses', '/fails', '/moves', '/cut']) {
    const { id } = await client().start({ ir: document(path), input: { q: path } })
    told.push(JSON.stringify(await client().result(id)))
    told.push(JSON.stringify(await collect(client().follow(id))))
    for (const part of ['', '/state', '/graph', '/events', '/checkpoints'])
      told.push(await (await client().get(`/runs/${id}${part}`)).text())
  }
  const { model, mcp } = stack()
  mcp.serve([{ name: 'say', answer: { text: `You sent Bearer ${CANARY}` } }])
  for (const step of [
    [{ error: { status: 401, message: `No such key: ${CANARY}` } }],
    [{ text: `The key is ${CANARY}.` }],
    [{ text: `The key is ${CANARY.slice(0, 9)}` }, { text: `${CANARY.slice(9)}.` }],
  ]) {
    model.enqueue(step)
    const { id } = await client().start({ ir: talkative(), input: {} })
    told.push(JSON.stringify(await client().result(id)))
    const events = await collect(client().follow(id))
    told.push(JSON.stringify(events), textOf(events, 'answer'))
  }
  // It was sent, so it could have come back.
  expect(JSON.stringify(model.requests.map(({ headers }) => headers))).toContain(CANARY)
  expect(JSON.stringify(mcp.requests.map(({ headers }) => headers))).toContain(CANARY)
  const sent = tools.requests.filter(({ headers }) => headers.authorization === `Bearer ${CANARY}`)
  expect(new Set(sent.map(({ path }) => path)).size).toBe(6)
  expect(told.join('\n')).toContain('[secret TOKEN]')

  for (const form of FORMS) expect([form, told.join('\n').includes(form)]).toEqual([form, false])
  expect(await findSecret(stack(), CANARY)).toEqual([])
  // It looks where such things lie: what is no secret is found there.
  expect(await findSecret(stack(), 'canary')).toEqual([
    'canary can be read in the tables',
    'canary can be read in the files',
  ])
  expect(await findSecret(stack(), 'worker')).toContain('worker can be read in the logs')
})
