import { randomUUID } from 'node:crypto'
import type { Work } from '@treadle/contract'
import { expect, test } from 'vitest'
import { llm, typesOf, useExecutor } from './support/executor-bench.ts'

const executor = useExecutor()

/** A function that counts its calls. */
function counting(give: (n: number) => unknown = (n) => n) {
  const name = `count.${randomUUID()}`
  let calls = 0
  executor().functions.register(name, {}, () => give(++calls))
  const work = (args: object = {}): Work => ({ kind: 'function', tool: 'count', name, args: args as never })
  return { work, calls: () => calls }
}

const CACHE = { cacheMs: 60_000 }

test('a second run takes the result of the first: it costs nothing, and the log says so', async () => {
  const { newRun, attempt, prompt, model, events } = executor()
  const work = llm(prompt([{ text: 'once' }]), { model: 'priced' })
  const [one, two] = [await newRun(), await newRun()]
  const first = await attempt(one, { work, ...CACHE })
  const asked = model.requests.length
  const second = await attempt(two, { work, ...CACHE })
  expect([first, second]).toMatchObject([
    { output: 'once', usage: { llmCalls: 1 } },
    { status: 'completed', output: 'once' },
  ])
  expect(second).not.toHaveProperty('usage')
  expect(model.requests.length).toBe(asked)
  expect(typesOf(await events(two))).toEqual(['node.started 1', 'node.completed 1'])
  expect((await events(two)).at(-1)?.data).toMatchObject({ output: 'once', cached: true })
  expect((await events(one)).at(-1)?.data).not.toHaveProperty('cached')
})

test('other arguments, another schema, and a node without cache are executed', async () => {
  const { newRun, attempt } = executor()
  const { work, calls } = counting()
  const run = await newRun()
  await attempt(run, { path: 'a', work: work({ n: 1 }), ...CACHE })
  await attempt(run, { path: 'b', work: work({ n: 2 }), ...CACHE })
  await attempt(run, { path: 'c', work: work({ n: 1 }), ...CACHE, outputSchema: { type: 'integer' } })
  await attempt(run, { path: 'd', work: work({ n: 1 }) })
  expect(calls()).toBe(4)
  expect(await attempt(run, { path: 'e', work: work({ n: 1 }), ...CACHE })).toMatchObject({ output: 1 })
  expect(calls()).toBe(4)
})

test('a result that is too old, or that was a failure, is none', async () => {
  const { newRun, attempt } = executor()
  const { work, calls } = counting((n) => {
    if (n === 1) throw new Error('not yet')
    return n
  })
  const run = await newRun()
  expect(await attempt(run, { path: 'a', work: work(), ...CACHE })).toMatchObject({ status: 'failed' })
  expect(await attempt(run, { path: 'b', work: work(), ...CACHE })).toMatchObject({ output: 2 })
  expect(await attempt(run, { path: 'c', work: work(), cacheMs: 0 })).toMatchObject({ output: 3 })
  expect(calls()).toBe(3)
})

test('a large result is cached as what it stands for', async () => {
  const { newRun, attempt, blobText } = executor()
  const { work, calls } = counting(() => ({ text: 'x'.repeat(20_000) }))
  const [one, two] = [await newRun(), await newRun()]
  const first = await attempt(one, { work: work(), ...CACHE })
  const second = await attempt(two, { work: work(), ...CACHE })
  const { $blob } = (second as unknown as { output: { $blob: { sha256: string } } }).output
  expect([first, calls()]).toMatchObject([{ output: { $blob } }, 1])
  expect(await blobText(two, $blob.sha256)).toContain('xxx')
})
