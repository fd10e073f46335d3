import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { Run } from '@treadle/contract'
import { createBlobRefs, createPool, openBlobs, sweepBlobs } from '@treadle/storage'
import { randomDocument } from '@treadle/translator/testing'
import fc from 'fast-check'
import { expect, inject, onTestFinished, test } from 'vitest'
import { useStack } from '../support/use-stack.ts'
import { collect, createClient, faultsOf, type StreamEvent } from './support/client.ts'
import { answerLargeCalls, LETTERS, large, largeCalls } from './support/large-calls.ts'

const FULL = process.env.TREADLE_TEST_FULL === '1'
const stack = useStack({ workers: 2 })
const client = () => createClient(stack().url)

test(
  'workers that are killed at any moment between blob, checkpoint and acknowledgement lose nothing and execute nothing that is done',
  async () => {
    answerLargeCalls(stack().tools)
    for (let round = 0; round < (FULL ? 10 : 1); round++) {
      const runs = await Promise.all(
        Array.from({ length: 10 }, () => client().start({ ir: largeCalls(stack().tools) })),
      )
      // Ten runs are at ten different steps of it whenever a worker goes.
      for (const [index, pauseMs] of [50, 150, 350].entries()) {
        await delay(pauseMs)
        const worker = stack().workers[index % 2]
        await worker?.kill()
        await worker?.restart()
      }
      await Promise.all(runs.map(({ id }) => expectWhole(id)))
    }
  },
  FULL ? 600_000 : 120_000,
)

async function expectWhole(id: string): Promise<void> {
  const result = await client().result(id)
  expect([id, result.status]).toEqual([id, 'completed'])
  const events = await collect(client().follow(id))
  expect(faultsOf(events)).toEqual([])
  expect(completedTwice(events)).toEqual([])
  for (const [index, handle] of (result.output as { $blob: { sha256: string } }[]).entries()) {
    const text = await (await client().get(`/blobs/${handle.$blob.sha256}`)).text()
    expect(text).toBe(JSON.stringify(large(LETTERS.charAt(index))))
  }
}

const completedTwice = (events: StreamEvent[]) => {
  const nodes = events.filter(({ type }) => type === 'node.completed').map(({ node }) => node)
  return nodes.filter((node, index) => nodes.indexOf(node) !== index)
}

test('forks of one run under load are each whole, and the run is as it was', async () => {
  stack().tools.when({ path: '/large/one' }, { json: 1 })
  const ir = {
    ...largeCalls(stack().tools),
    nodes: {
      first: { kind: 'set', value: 1 },
      items: {
        kind: 'map',
        over: '[1, 2, 3, 4]',
        maxItems: 4,
        after: ['first'],
        do: { kind: 'set', value: '${item * 2}' },
      },
      last: { kind: 'tool', tool: 'get', args: { path: 'one' }, after: ['items'] },
    },
    output: ['${nodes.first}', '${nodes.items}', '${nodes.last}'],
  }
  const { id } = await client().start({ ir })
  const whole = await client().result(id)
  const before = await collect(client().follow(id))
  const positions = before.filter(({ type }) => type === 'node.completed').map(({ seq }) => seq)
  const forks = await Promise.all(
    Array.from({ length: FULL ? 200 : 40 }, async (_, index) => {
      const answer = await client().post(`/runs/${id}/fork`, { from: positions[index % positions.length] })
      return (await answer.json()) as Run
    }),
  )
  for (const fork of forks) {
    expect(await client().result(fork.id)).toMatchObject({ status: 'completed', output: whole.output })
    expect(faultsOf(await collect(client().follow(fork.id)))).toEqual([])
  }
  expect(await collect(client().follow(id))).toEqual(before)
})

test('two sweepers at once, and somebody who refers to what they sweep: each blob is taken once, and none that is wanted', async () => {
  const pool = createPool({ url: stack().database.workerUrl, applicationName: 'test sweepers', max: 6 })
  onTestFinished(() => pool.end())
  const folder = await mkdtemp(join(inject('shared').folder, 'swept-'))
  const blobs = openBlobs({ url: pathToFileURL(folder).href })
  const deleted: string[] = []
  const watched = {
    ...blobs,
    async delete(tenant: string, name: string) {
      deleted.push(name)
      await blobs.delete(tenant, name)
    },
  }
  const refs = createBlobRefs({ pool })
  const tenant = 'sweeping'
  const put = (index: number) => {
    const bytes = Buffer.from(JSON.stringify(`value ${index}`))
    return { bytes, name: createHash('sha256').update(bytes).digest('hex') }
  }
  for (let index = 0; index < 60; index++)
    await blobs.put(tenant, put(index).bytes, { named: (blob) => refs.touch(tenant, [blob]) })

  const sweep = () => sweepBlobs({ pool, blobs: watched, untouchedForMs: 0, limit: 100 })
  // Somebody wants every third one, while it may just be going.
  const want = async () => {
    for (let index = 0; index < 60; index += 3)
      await blobs.put(tenant, put(index).bytes, { named: (blob) => refs.add(tenant, 'run_wanting', [blob]) })
  }
  await Promise.all([sweep(), want(), sweep()])
  await sweep()
  for (let index = 0; index < 60; index++)
    expect([index, await blobs.has(tenant, put(index).name)]).toEqual([index, index % 3 === 0])
  const unwanted = deleted.filter((name) => ![...Array(20).keys()].some((third) => put(third * 3).name === name))
  expect(new Set(unwanted).size).toBe(40)
  expect(unwanted).toHaveLength(40)
})

test('the state of a run computed from the log is the one of its checkpoints, at each event, for random runs', async () => {
  const { tools, model } = stack()
  tools.when({ path: '/random' }, ({ number }) => ({ json: number }))
  model.when({ prompt: 'Say' }, [{ text: 'said' }])
  const input = { n: 3, list: [1, 2, 3] }
  const documents = fc.sample(randomDocument, { numRuns: FULL ? 200 : 12, seed: 20_261_126 })
  for (const document of documents) {
    const call = { kind: 'http', url: `${tools.url}/random`, query: { v: '${args.v}' } }
    const answer = await client().post('/runs', { ir: { ...document, tools: { call, run_it: call } }, input })
    expect([answer.status, await answer.clone().text()]).toEqual([201, expect.any(String)])
    const { id } = (await answer.json()) as Run
    await client().result(id)
    const events = await collect(client().follow(id))
    const stateAt = async (seq: number) =>
      ((await (await client().get(`/runs/${id}/checkpoints/${seq}`)).json()) as { nodes: Record<string, object> }).nodes
    const outputs: Record<string, object> = {}
    for (const { seq, type, node = '', data } of events) {
      const { output, ref } = data as { output?: unknown; ref?: object }
      if (type === 'node.completed') outputs[node] = { seq, ...(ref ? { ref } : { output }) }
      // Every event would take long; a caught node that completes keeps its first checkpoint.
      if (type === 'node.completed' || seq === events.length) expect([id, await stateAt(seq)]).toEqual([id, outputs])
    }
  }
})

const run = promisify(execFile)

test('a disk that is full fails nothing: the node waits for room, and nothing half is left', async ({ skip }) => {
  const folder = await mkdtemp(join(inject('shared').folder, 'full-'))
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder])
  } catch {
    skip('A small disk can only be mounted by root.')
  }
  onTestFinished(async () => void (await run('umount', ['-l', folder])))
  const blobs = openBlobs({ url: pathToFileURL(folder).href })
  await writeFile(join(folder, 'filler'), Buffer.alloc(1_900_000))
  const bytes = Buffer.from(JSON.stringify('z'.repeat(400_000)))
  await expect(blobs.put('default', bytes)).rejects.toMatchObject({ code: 'ENOSPC' })
  async function* stream() {
    for (let index = 0; index < 30; index++) yield Buffer.alloc(100_000, 'z')
  }
  await expect(blobs.put('default', stream())).rejects.toMatchObject({ code: 'ENOSPC' })
  expect(await readdir(join(folder, '.incoming'))).toEqual([])

  let tries = 0
  const waiting = blobs.put('default', bytes, {
    retry: async (error) => {
      tries += 1
      expect(error).toMatchObject({ code: 'ENOSPC' })
      await writeFile(join(folder, 'filler'), '') // Somebody makes room.
    },
  })
  const { sha256 } = await waiting
  expect(tries).toBe(1)
  expect(await readFile(join(folder, 'default', sha256.slice(0, 2), sha256))).toEqual(bytes)
})
