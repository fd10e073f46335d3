import { expect, test } from 'vitest'
import { llm, textOf, useExecutor } from './support/executor-bench.ts'

const CANARY = 'canary-d41d8cd98f00b204'
const executor = useExecutor({ secrets: { TOKEN: CANARY } })

const SECRET_HEADER = { authorization: { secret: 'TOKEN', prefix: 'Bearer ' } }
const FORMS = [CANARY, Buffer.from(CANARY).toString('base64').replace(/=+$/, ''), Buffer.from(CANARY).toString('hex')]

test('a secret is in no event, output, error or log line, whichever way it comes back', async () => {
  const { model, tools, newRun, attempt, prompt, events, logLines } = executor()
  const run = await newRun()
  const shown: unknown[] = []
  const http = async (path: string, work: object = {}) => {
    const url = `${tools.url}${path}`
    const work_ = { kind: 'http' as const, tool: 't', method: 'GET', url, headers: SECRET_HEADER, args: {}, ...work }
    shown.push(await attempt(run, { path: `http${shown.length}`, work: work_ }))
  }

  // An answer, an error, a large answer and a header that echo it, as it is and encoded.
  tools.when({ path: '/echo' }, ({ headers }) => ({ json: { [String(headers.authorization)]: [headers, FORMS] } }))
  tools.when({ path: '/error' }, ({ headers }) => ({ status: 400, text: String(headers.authorization) }))
  tools.when({ path: '/large' }, ({ headers }) => ({ text: `${headers.authorization} `.repeat(1000) }))
  tools.when({ path: '/cut' }, { cut: true })
  for (const path of ['/echo', '/error', '/large', '/cut']) await http(path)
  await http('/echo', { url: `http://127.0.0.1:1/${CANARY}` })
  await http('/echo', { headers: { 'bad header': { secret: 'TOKEN' } } })

  // A model that says it, in pieces; one whose error holds it.
  const apiKey = { apiKey: { secret: 'TOKEN' } }
  const pieces = [...`It is ${CANARY}, I think.`].map((text) => ({ text }))
  const said = await attempt(run, { path: 'said', work: llm(prompt(pieces), apiKey) })
  shown.push(said)
  const wrong = prompt([{ error: { status: 401, message: `Incorrect API key provided: ${CANARY}` } }])
  shown.push(await attempt(run, { path: 'wrong', work: llm(wrong, apiKey) }))

  // The other sides did get it.
  expect(model.requests.at(-1)?.headers.authorization).toBe(`Bearer ${CANARY}`)
  expect(tools.requests.filter(({ headers }) => headers.authorization === `Bearer ${CANARY}`)).toHaveLength(4)
  expect(said).toMatchObject({ status: 'completed', output: 'It is [secret TOKEN], I think.' })
  const log = await events(run)
  expect(textOf(log.filter(({ node }) => node === 'said'))).toBe('It is [secret TOKEN], I think.')

  const large = shown.flatMap((outcome) => JSON.stringify(outcome).match(/"sha256":"(\w+)"/)?.[1] ?? [])
  expect(large).toHaveLength(1)
  const everything = JSON.stringify([shown, log, await executor().blobText(run, large[0] ?? ''), logLines])
  for (const form of FORMS) expect(everything).not.toContain(form)
})
