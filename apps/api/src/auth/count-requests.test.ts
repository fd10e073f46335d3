import { expect, test } from 'vitest'
import { createCountRequests } from './count-requests.ts'

/** The minute that all processes share, as Postgres keeps it. */
function sharedMinute() {
  let [taken, minute, questions, time] = [0, 0, 0, 0]
  return {
    take: async (_: string, wanted: number, most: number) => {
      questions += 1
      const now = Math.floor(time / 60_000)
      if (now > minute) [taken, minute] = [0, now]
      const granted = Math.max(0, Math.min(wanted, most - taken))
      taken += granted
      return { granted, rest: Math.max(0, most - taken), endsMs: 60_000 - (time % 60_000) }
    },
    now: () => time,
    pass: (ms: number) => {
      time += ms
    },
    questions: () => questions,
  }
}

const countAll = async (count: ReturnType<typeof createCountRequests>, requests: number, max: number) => {
  const counted = await Promise.all(Array.from({ length: requests }, () => count('acme', max)))
  return counted.filter(({ isExceeded }) => !isExceeded).length
}

test('two processes let the quota through together, and not one request more', async () => {
  const shared = sharedMinute()
  const [one, other] = [createCountRequests(shared), createCountRequests(shared)]
  const through = await Promise.all([countAll(one, 80, 100), countAll(other, 80, 100)])
  expect(through[0] + through[1]).toBe(100)
})

test('what one holds and does not use is a twentieth at most', async () => {
  const shared = sharedMinute()
  const [one, idle] = [createCountRequests(shared), createCountRequests(shared)]
  await idle('acme', 1_000)
  expect(await countAll(one, 1_100, 1_000)).toBe(950)
})

test('most requests ask nobody, and none does once all is used', async () => {
  const shared = sharedMinute()
  const count = createCountRequests(shared)
  expect(await countAll(count, 5_000, 1_000)).toBe(1_000)
  expect(shared.questions()).toBe(20)
})

test('the next minute begins anew, and what is left is told', async () => {
  const shared = sharedMinute()
  const count = createCountRequests(shared)
  expect((await count('acme', 3)).remaining).toBe(2)
  expect(await countAll(count, 5, 3)).toBe(2)
  shared.pass(59_000)
  expect(await count('acme', 3)).toEqual({ max: 3, remaining: 0, ttlInSeconds: 1, isExceeded: true })
  shared.pass(1_000)
  expect(await count('acme', 3)).toEqual({ max: 3, remaining: 2, ttlInSeconds: 60, isExceeded: false })
})

test('a question that fails is told to whoever waits for it, and asked again', async () => {
  const shared = sharedMinute()
  let isDown = true
  const take: typeof shared.take = (...args) => (isDown ? Promise.reject(new Error('down')) : shared.take(...args))
  const count = createCountRequests({ take, now: shared.now })
  await expect(count('acme', 3)).rejects.toThrow('down')
  isDown = false
  expect((await count('acme', 3)).isExceeded).toBe(false)
})
