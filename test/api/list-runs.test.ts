import type { Run, RunPage } from '@treadle/contract'
import { beforeAll, expect, test } from 'vitest'
import { useApi } from './support/api.ts'
import { ECHO } from './support/documents.ts'

const api = useApi()
const ids: string[] = []

const list = async (query: string) => {
  const answer = await api().app.inject(`/runs?${query}`)
  return {
    status: answer.statusCode,
    page: answer.json<RunPage>(),
    ids: answer.json<RunPage>().items?.map(({ id }) => id),
  }
}

async function add(tags: Record<string, string>, name = 'echo'): Promise<string> {
  const answer = await api().app.inject({ method: 'POST', url: '/runs', payload: { ir: { ...ECHO, name }, tags } })
  return answer.json<Run>().id
}

beforeAll(async () => {
  for (let index = 0; index < 7; index++) ids.unshift(await add({ team: index % 2 ? 'a' : 'b', n: String(index) }))
})

test('runs come newest first, page by page, and each once, also while runs are added', async () => {
  const seen: string[] = []
  for (let cursor = ''; ; ) {
    const { page, ids: found } = await list(`limit=2&until=2999-01-01T00:00:00Z${cursor}`)
    seen.push(...(found ?? []))
    if (page.nextCursor === undefined) break
    cursor = `&cursor=${page.nextCursor}`
    await add({ team: 'late' })
  }
  expect(seen).toEqual(ids)
})

test('filters by tag, by key alone, by workflow, by status, by time', async () => {
  expect((await list('tag=team=a')).ids).toEqual(ids.filter((_, index) => index % 2 === 1))
  expect((await list('tag=n=3')).ids).toEqual([ids[3]])
  expect((await list('tag=nothing')).ids).toEqual([])
  const other = await add({}, 'other')
  expect((await list('workflow=other&status=pending')).ids).toEqual([other])
  expect((await list('workflow=other&status=completed')).ids).toEqual([])
  expect((await list('since=2999-01-01T00:00:00Z')).ids).toEqual([])
})

test('a cursor is good for its own filter only', async () => {
  const { page } = await list('limit=1&tag=team=a')
  expect((await list(`limit=1&tag=team=a&cursor=${page.nextCursor}`)).status).toBe(200)
  expect((await list(`limit=1&tag=team=b&cursor=${page.nextCursor}`)).status).toBe(400)
  expect((await list('cursor=nonsense')).status).toBe(400)
})

test('what no list has is refused', async () => {
  for (const query of ['limit=0', 'limit=201', 'status=lost', 'since=yesterday', 'page=2', 'tag=a%00b']) {
    expect([query, (await list(query)).status]).toEqual([query, 400])
  }
})

test('a time is understood in any zone, and refused where it is none that can be kept', async () => {
  const { page } = await list('limit=1')
  const at = new Date(page.items[0]?.createdAt ?? 0)
  const zoned = encodeURIComponent(new Date(at.getTime() + 2 * 3_600_000).toISOString().replace('Z', '+02:00'))
  expect((await list(`since=${zoned}`)).ids).toEqual([page.items[0]?.id])
  expect((await list('since=1045-06-08T23:55:18.6-23:34')).status).toBe(200)
  for (const time of ['0000-01-01T00:00:00Z', '2024-12-31T23:59:60Z']) {
    expect([time, (await list(`since=${time}`)).status]).toEqual([time, 400])
  }
})
