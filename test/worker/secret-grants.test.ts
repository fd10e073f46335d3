import type { Work } from '@treadle/contract'
import { expect, test } from 'vitest'
import { llm, useExecutor } from './support/executor-bench.ts'

const secrets = {
  HERE: 'secret-of-here',
  ELSEWHERE: 'secret-of-elsewhere',
  STORED: 'secret-of-stored',
  OTHERS: 'secret-of-others',
}
const executor = useExecutor({
  secrets,
  grants: (tools) => ({
    HERE: { hosts: [tools.authority] },
    ELSEWHERE: { hosts: ['elsewhere.example'] },
    STORED: { workflows: ['triage'] },
    OTHERS: { tenants: ['others'] },
  }),
})

const headers = (secret: string) => ({ authorization: { secret } })
const http = (secret: string): Work => ({
  kind: 'http',
  tool: 't',
  method: 'GET',
  url: `${executor().tools.url}/granted`,
  headers: headers(secret),
  args: {},
})
const mcp = (secret: string): Work => ({
  kind: 'mcp',
  tool: 't',
  server: { url: executor().mcp.server, headers: headers(secret) },
  args: {},
})
const model = (secret: string): Work => llm('Hi', { apiKey: { secret } })

test('a secret is sent where it is granted, and nothing is sent where it is not', async () => {
  const { tools, mcp: server, model: models, newRun, attempt } = executor()
  tools.when({ path: '/granted' }, { json: 'ok' })
  const run = await newRun()
  expect(await attempt(run, { path: 'here', work: http('HERE') })).toMatchObject({ status: 'completed', output: 'ok' })
  expect(tools.requests.at(-1)?.headers.authorization).toBe(secrets.HERE)

  const sent = () => [tools.requests.length, server.requests.length, models.requests.length]
  const before = sent()
  const refused = [http('ELSEWHERE'), mcp('HERE'), model('HERE'), http('STORED'), http('OTHERS')]
  for (const [index, work] of refused.entries()) {
    const outcome = await attempt(run, { path: `refused${index}`, work })
    expect(outcome).toMatchObject({ status: 'failed', error: { type: 'auth' } })
    expect(outcome).toHaveProperty('error.message', expect.stringContaining('is not granted'))
  }
  expect(sent()).toEqual(before)
})
