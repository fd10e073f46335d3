import type { StreamTicket } from '@treadle/contract'
import { beforeAll, expect, test } from 'vitest'
import { useApi } from './support/api.ts'
import { ECHO } from './support/documents.ts'
import { makeKey } from './support/keys.ts'

const api = useApi({ needsKeys: true })

let headers: Record<string, string> = {}
beforeAll(async () => {
  headers = (await makeKey(api().admin)).headers
})

/** A run that has ended, so that its stream does too. */
async function endedRun(): Promise<string> {
  const { id, createdAt } = (
    await api().app.inject({ method: 'POST', url: '/runs', payload: { ir: ECHO }, headers })
  ).json()
  const run = { id, tenant: 'default', createdAt }
  await api().runs.close({ run, type: 'run.cancelled', data: {}, engineStatus: 'TERMINATED' })
  return id
}

const ticketOf = async (id: string) =>
  (await api().app.inject({ method: 'POST', url: `/runs/${id}/stream-tickets`, headers })).json<StreamTicket>()

test('a ticket opens the stream of its run without a key', async () => {
  const id = await endedRun()
  const { url, ticket, expiresAt } = await ticketOf(id)
  expect(url).toBe(`/runs/${id}/stream?ticket=${ticket}`)
  expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now())
  const stream = await api().app.inject(url)
  expect([stream.statusCode, stream.headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8'])
  expect(stream.body).toContain('event: run.cancelled')
})

test('and nothing else: not another run, not its other routes, and not later', async () => {
  const [one, other] = [await endedRun(), await endedRun()]
  const { ticket } = await ticketOf(one)
  for (const url of [
    `/runs/${other}/stream?ticket=${ticket}`,
    `/runs/${one}?ticket=${ticket}`,
    `/runs/${one}/events?ticket=${ticket}`,
    `/runs?ticket=${ticket}`,
    `/runs/${one}/stream?ticket=${ticket}x`,
    `/runs/${one}/stream`,
  ]) {
    expect([url, (await api().app.inject(url)).statusCode]).toEqual([url, 401])
  }
  await api().admin.query('update treadle.stream_tickets set expires_at = clock_timestamp()')
  expect((await api().app.inject(`/runs/${one}/stream?ticket=${ticket}`)).statusCode).toBe(401)
})

test('a ticket is neither stored nor logged', async () => {
  const { url, ticket } = await ticketOf(await endedRun())
  await api().app.inject(url)
  const { rows } = await api().admin.query('select to_json(t)::text as row from treadle.stream_tickets t')
  expect(JSON.stringify([rows, api().logged])).not.toContain(ticket)
})

test('there is no ticket for a run that is not there', async () => {
  const answer = await api().app.inject({ method: 'POST', url: '/runs/run_nobody/stream-tickets', headers })
  expect(answer.statusCode).toBe(404)
})
