import { Client, Connection } from '@temporalio/client'
import type { RunPage } from '@treadle/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { useStack } from '../support/use-stack.ts'
import { createClient } from './support/client.ts'
import { ECHO, REVIEW, WAIT } from './support/documents.ts'
import { followUntil } from './support/follow-until.ts'

/** `GET /runs` reads Postgres, people at Temporal's own tools read its search attributes: both have to find the same runs. */

const stack = useStack()
const client = () => createClient(stack().url)

let connection: Connection
beforeAll(async () => {
  connection = await Connection.connect({ address: stack().temporalAddress })
})
afterAll(() => connection?.close())

async function inTemporal(query: string): Promise<string[]> {
  const found: string[] = []
  for await (const { workflowId } of new Client({ connection }).workflow.list({ query })) {
    found.push(workflowId.replace('default:', ''))
  }
  return found.sort()
}

async function inApi(query: string): Promise<string[]> {
  const page = (await (await client().get(`/runs?limit=200&${query}`)).json()) as RunPage
  return page.items.map(({ id }) => id).sort()
}

const FAIL = { ...ECHO, name: 'failing', nodes: { end: { kind: 'fail', type: 'broken', message: 'no' } }, output: null }

test('by status, workflow, version and tag', { timeout: 120_000 }, async () => {
  const put = await fetch(`${stack().url}/workflows/echo`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(ECHO),
  })
  expect(put.status).toBe(201)
  const tags = { team: 'a b', stage: 'x=y' }
  const runs = await Promise.all([
    ...Array.from({ length: 3 }, () => client().start({ ir: ECHO, tags: { team: 'a b' } })),
    client().start({ workflow: 'echo@1', tags }),
    client().start({ ir: FAIL, tags }),
  ])
  for (const { id } of runs) await client().result(id)
  const [waiting, cancelled] = [await client().start({ ir: WAIT, tags }), await client().start({ ir: WAIT })]
  for (const { id } of [waiting, cancelled]) await followUntil(client(), id, 'run.waiting')
  await client().post(`/runs/${cancelled.id}/cancel`, {})
  await client().result(cancelled.id)

  for (const [ours, theirs, count] of [
    ['status=completed', 'TreadleStatus = "completed"', 4],
    ['status=failed', 'TreadleStatus = "failed"', 1],
    ['status=cancelled', 'TreadleStatus = "cancelled"', 1],
    ['status=waiting', 'TreadleStatus = "waiting"', 1],
    ['status=running', 'TreadleStatus = "running"', 0],
    ['workflow=echo', 'TreadleWorkflow = "echo"', 4],
    ['workflow=echo&status=completed', 'TreadleWorkflow = "echo" and TreadleStatus = "completed"', 4],
    ['tag=team%3Da%20b', 'TreadleTags = "team=a b"', 6],
    ['tag=stage%3Dx%3Dy', 'TreadleTags = "stage=x=y"', 3],
    ['', 'TreadleTenant = "default"', 7],
  ] as const) {
    const found = await inApi(ours)
    expect([ours, found.length]).toEqual([ours, count])
    // Temporal's index follows its runs.
    await expect.poll(() => inTemporal(theirs), { timeout: 20_000, message: theirs }).toEqual(found)
  }
  const [stored] = runs.slice(3)
  await expect.poll(() => inTemporal('TreadleVersion = "1"'), { timeout: 20_000 }).toEqual([stored?.id])
})

test('by the status of a run that goes on, whatever it comes to', { timeout: 120_000 }, async () => {
  const { model } = stack()
  model.enqueue([{ text: 'draft' }, { gate: 'model' }])
  const { id } = await client().start({ ir: REVIEW, tags: { case: 'course' } })
  const expectBoth = async (status: string) => {
    const found = () => inApi(`status=${status}&tag=case%3Dcourse`)
    await expect.poll(found, { timeout: 20_000, message: status }).toEqual([id])
    const theirs = `TreadleStatus = "${status}" and TreadleTags = "case=course"`
    await expect.poll(() => inTemporal(theirs), { timeout: 20_000, message: theirs }).toEqual([id])
  }
  await expectBoth('running')
  await client().post(`/runs/${id}/pause`)
  await expectBoth('paused')
  await client().post(`/runs/${id}/resume`)
  await expectBoth('running')
  model.open('model')
  await expectBoth('waiting')
  await client().post(`/runs/${id}/pause`)
  await expectBoth('paused')
  await client().post(`/runs/${id}/resume`)
  await expectBoth('waiting')
  await client().post(`/runs/${id}/signals/approve`, { ok: true })
  await expectBoth('completed')
})

test('a run that no worker has taken up yet is running, and one that Temporal has not is pending', async () => {
  for (const worker of stack().workers) await worker.stop()
  const startAt = new Date(Date.now() + 3_600_000).toISOString()
  const later = await client().start({ ir: ECHO, startAt, tags: { case: 'begin' } })
  const queued = await client().start({ ir: ECHO, tags: { case: 'begin' } })
  const inBoth = async (status: string) => [
    await inApi(`status=${status}&tag=case%3Dbegin`),
    await inTemporal(`TreadleStatus = "${status}" and TreadleTags = "case=begin"`),
  ]
  await expect.poll(() => inBoth('running'), { timeout: 20_000 }).toEqual([[queued.id], [queued.id]])
  expect(await inBoth('pending')).toEqual([[later.id], []])
})
