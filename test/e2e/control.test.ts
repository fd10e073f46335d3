import { expect, test } from 'vitest'
import { useStack } from '../support/use-stack.ts'
import { collect, createClient, faultsOf, type StreamEvent, textOf } from './support/client.ts'
import { ASK, ECHO, REVIEW, WAIT } from './support/documents.ts'
import { followUntil } from './support/follow-until.ts'

const stack = useStack()
const client = () => createClient(stack().url)
const type = async (answer: Response) => ((await answer.json()) as { type: string }).type

const until = (id: string, wanted: string) => followUntil(client(), id, wanted)

test('a signal releases what waits for it, and is in the log when it is accepted', async () => {
  const { id } = await client().start({ ir: REVIEW })
  await until(id, 'run.waiting')
  const pending = (await (await client().get(`/runs/${id}/pending`)).json()) as { items: unknown[] }
  expect(pending.items).toMatchObject([
    { node: 'approval', signal: 'approve', title: 'Send it?', schema: { required: ['ok'] } },
  ])

  const answer = await client().post(`/runs/${id}/signals/approve`, { ok: true })
  expect(answer.status).toBe(202)
  const accepted = (await answer.json()) as { seq: number }
  const page = (await (await client().get(`/runs/${id}/events?after=${accepted.seq - 1}&limit=1`)).json()) as {
    items: StreamEvent[]
  }
  expect(page.items[0]).toMatchObject({ type: 'signal.received', data: { name: 'approve', payload: { ok: true } } })
  expect(await client().result(id)).toMatchObject({ status: 'completed', output: { ok: true } })
})

test('a payload that does not fit is refused, and the run goes on waiting', async () => {
  const { id } = await client().start({ ir: REVIEW })
  const before = await until(id, 'run.waiting')
  const answer = await client().post(`/runs/${id}/signals/approve`, { ok: 'yes' })
  expect(answer.status).toBe(422)
  expect(await answer.json()).toMatchObject({ type: '/problems/invalid-signal', errors: [{ path: '/ok' }] })
  const page = (await (await client().get(`/runs/${id}/events?after=${before.length}`)).json()) as { items: unknown[] }
  expect(page.items).toEqual([])
  await client().post(`/runs/${id}/signals/approve`, { ok: false })
  expect(await client().result(id)).toMatchObject({ status: 'completed', output: { ok: false } })
})

test('a signal that comes before its receive is kept for it', async () => {
  const { model } = stack()
  model.enqueue([{ text: 'draft' }, { gate: 'early' }])
  const { id } = await client().start({ ir: REVIEW })
  await until(id, 'node.delta')
  const answer = await client().post(`/runs/${id}/signals/approve`, { ok: true })
  expect(answer.status).toBe(202)
  model.open('early')
  expect(await client().result(id)).toMatchObject({ status: 'completed', output: { draft: 'draft', ok: true } })
  expect(faultsOf(await collect(client().follow(id)))).toEqual([])
})

test('a signal that is sent again with its key is delivered once, also after the run has ended', async () => {
  const { id } = await client().start({ ir: WAIT })
  await until(id, 'run.waiting')
  const send = () => client().post(`/runs/${id}/signals/approve`, { n: 1 }, { 'idempotency-key': 'signal-1' })
  const first = await send()
  await client().result(id)
  const again = await send()
  expect([first.status, again.status, again.headers.get('idempotent-replayed')]).toEqual([202, 202, 'true'])
  expect(await again.json()).toEqual(await first.json())
  const events = await collect(client().follow(id))
  expect(events.filter((event) => event.type === 'signal.received')).toHaveLength(1)
})

test('signals to nobody are refused: no such name, no such run, a run that has ended', async () => {
  const waiting = await client().start({ ir: WAIT })
  await until(waiting.id, 'run.waiting')
  const nameless = await client().post(`/runs/${waiting.id}/signals/other`, {})
  expect([nameless.status, await type(nameless)]).toEqual([404, '/problems/not-found'])
  const elsewhere = await client().post(`/runs/${waiting.id}/signals/approve?node=nowhere`, {})
  expect([elsewhere.status, await type(elsewhere)]).toEqual([404, '/problems/not-found'])
  expect((await client().post('/runs/run_nobody/signals/approve', {})).status).toBe(404)
  const named = await client().post(`/runs/${waiting.id}/signals/approve?node=decision`, {})
  expect(named.status).toBe(202)
  await client().result(waiting.id)
  const late = await client().post(`/runs/${waiting.id}/signals/approve`, {})
  expect([late.status, await type(late)]).toEqual([409, '/problems/run-ended'])
})

test('cancelling reaches the request to the model, and ends the run as cancelled', async () => {
  const { model } = stack()
  model.enqueue([{ text: 'Once upon' }, { hang: true }])
  const { id } = await client().start({ ir: ASK, input: { question: 'a tale' } })
  await until(id, 'node.delta')
  const request = model.requests.at(-1)

  const answer = await client().post(`/runs/${id}/cancel`, { reason: 'enough' })
  expect(answer.status).toBe(202)
  const events = await collect(client().follow(id))
  expect(faultsOf(events)).toEqual([])
  expect(events.at(-1)).toMatchObject({ type: 'run.cancelled', data: { reason: 'enough' } })
  expect(textOf(events, 'answer')).toBe('Once upon')
  expect(await request?.ended).toBe('aborted')

  const again = await client().post(`/runs/${id}/cancel`, {})
  expect([again.status, await again.json()]).toEqual([202, { id, status: 'cancelled' }])
})

test('a run that waits for a person is cancelled too', async () => {
  const { id } = await client().start({ ir: WAIT })
  await until(id, 'run.waiting')
  expect((await client().post(`/runs/${id}/cancel`)).status).toBe(202)
  expect(await client().result(id)).toMatchObject({ status: 'cancelled' })
})

test('what has ended another way can be neither cancelled nor terminated, nor paused, nor resumed', async () => {
  const { id } = await client().start({ ir: ECHO })
  await client().result(id)
  for (const action of ['cancel', 'terminate', 'pause', 'resume']) {
    const answer = await client().post(`/runs/${id}/${action}`)
    expect([action, answer.status, await type(answer)]).toEqual([action, 409, '/problems/run-ended'])
  }
  expect((await client().post('/runs/run_nobody/cancel')).status).toBe(404)
})

test('terminating waits for nothing', async () => {
  stack().model.enqueue([{ text: 'Once' }, { hang: true }])
  const { id } = await client().start({ ir: ASK, input: { question: 'a tale' } })
  await until(id, 'node.delta')
  const answer = await client().post(`/runs/${id}/terminate`, { reason: 'now' })
  expect([answer.status, await answer.json()]).toEqual([202, { id, status: 'cancelled' }])
  const events = await collect(client().follow(id))
  expect(faultsOf(events)).toEqual([])
  expect(events.at(-1)).toMatchObject({ type: 'run.cancelled', data: { reason: 'now', forced: true } })
})

test('a run that was paused begins nothing new until it is resumed', async () => {
  const { model } = stack()
  model.enqueue([{ text: 'draft' }, { gate: 'paused' }])
  const { id } = await client().start({ ir: REVIEW })
  await until(id, 'node.delta')
  expect((await client().post(`/runs/${id}/pause`, { reason: 'lunch' })).status).toBe(202)
  model.open('paused')
  const paused = await until(id, 'run.paused')
  expect(paused.filter((event) => event.type === 'node.started').map(({ node }) => node)).toEqual(['draft'])
  expect((await client().post(`/runs/${id}/resume`)).status).toBe(202)
  await until(id, 'run.waiting')
  await client().post(`/runs/${id}/signals/approve`, { ok: true })
  expect(await client().result(id)).toMatchObject({ status: 'completed' })
  expect(faultsOf(await collect(client().follow(id)))).toEqual([])
})
