import { createHash } from 'node:crypto'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { useApi } from '../api/support/api.ts'
import { makeKey } from '../api/support/keys.ts'

/** T16: a blob is reached by a name that is no name, or is not what its name says. */

const api = useApi({ needsKeys: true })

let headers: Record<string, string> = {}
let url = ''
beforeAll(async () => {
  headers = (await makeKey(api().admin, { tenant: 'mine' })).headers
  url = await api().app.listen({ host: '127.0.0.1', port: 0 })
})

const post = (path: string, value: unknown, as = headers) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: { ...as, 'content-type': 'application/json' },
    body: JSON.stringify(value),
  })

const put = async (value: unknown) => ((await (await post('/blobs', value)).json()) as { sha256: string }).sha256

const get = (sha256: string, as = headers) => fetch(`${url}/blobs/${sha256}`, { headers: as })

test('a blob is named by what it holds', async () => {
  const sha256 = await put({ large: 'value' })
  expect(sha256).toBe(createHash('sha256').update('{"large":"value"}').digest('hex'))
  expect(await (await get(sha256)).json()).toEqual({ large: 'value' })
})

test('what is no hash names nothing, wherever it would lead', async () => {
  const sha256 = await put('there')
  for (const name of [
    '..%2f..%2fetc%2fpasswd',
    '../../etc/passwd',
    `..%2ftheirs%2f${sha256}`,
    `${sha256}%00`,
    `${sha256}/..`,
    sha256.toUpperCase(),
    sha256.slice(1),
    `${sha256}0`,
    '%2e%2e',
    'constructor',
  ]) {
    const { status } = await get(name)
    expect([name, status]).toEqual([name, expect.toSatisfy((code: number) => code === 400 || code === 404)])
  }
})

test('another tenant’s blob is not there, also for whoever knows its name, and can neither be run', async () => {
  const { headers: theirs } = await makeKey(api().admin, { tenant: 'theirs' })
  const sha256 = await put('a value of mine')
  expect((await get(sha256, theirs)).status).toBe(404)
  const document = { ir: 'treadle/v1', name: 'echo', nodes: { a: { kind: 'set', value: '${input}' } } }
  const answer = await post('/runs', { ir: document, input: { stolen: { blob: sha256 } } }, theirs)
  const text = await answer.text()
  expect(text).not.toContain('a value of mine')
  expect([answer.status, JSON.parse(text).type]).toEqual([422, '/problems/invalid-input'])
})

test('a blob whose bytes were changed is not given out as if it were whole', async () => {
  const sha256 = await put({ amount: 100 })
  const file = (await files(api().blobFolder)).find((path) => path.includes(sha256)) ?? ''
  await writeFile(file, '{"amount":999}')
  // It has the length that it should have: only its hash tells, and the answer is broken off.
  const got = await get(sha256)
    .then((answer) => (answer.ok ? answer.text() : 'refused'))
    .catch(() => 'broken off')
  expect(['refused', 'broken off']).toContain(got)
})

async function files(folder: string): Promise<string[]> {
  const all = await readdir(folder, { recursive: true, withFileTypes: true })
  return all.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}
