import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { openApi } from './support/api.ts'
import { ECHO } from './support/documents.ts'

test('closing waits for what is under way, and for no connection on which nothing is asked', async () => {
  const api = await openApi({})
  await api.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = api.app.server.address() as AddressInfo
  const agent = new Agent({ keepAlive: true })
  const send = (method: string, path: string) =>
    request({ agent, port, method, path, headers: { 'content-type': 'application/json' } })
  const post = async (body: object) => {
    const [answer] = (await once(send('POST', '/runs').end(JSON.stringify(body)), 'response')) as [IncomingMessage]
    return JSON.parse(await text(answer)) as { id: string }
  }
  const { id } = await post({ ir: ECHO, startAt: '2999-01-01T00:00:00.000Z' })
  const [stream] = (await once(send('GET', `/runs/${id}/stream`).end(), 'response')) as [IncomingMessage]
  const late = send('POST', '/validate')
  const body = JSON.stringify(ECHO)
  late.write(body.slice(0, 10))
  await once(api.app.server, 'request')
  const spare = connect(port, '127.0.0.1') // Opened ahead of need, as clients and browsers do.
  await once(api.app.server, 'connection')

  const closed = api.close()
  expect(await text(stream)).toContain('"reason":"shutting-down"')
  late.end(body.slice(10))
  const [answer] = (await once(late, 'response')) as [IncomingMessage]
  expect([answer.statusCode, JSON.parse(await text(answer))]).toEqual([200, expect.objectContaining({ ok: true })])
  await closed // Longer than a test may take, where any connection is waited for.
  agent.destroy()
  spare.destroy()
})
