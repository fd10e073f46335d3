import { expect, test } from 'vitest'
import { useApi } from './support/api.ts'

const api = useApi({ eventLoopDelayMsMax: 2_000 })

/** Keeps the event loop from turning, as too many requests do. */
function block(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; ) Math.hypot(1, 1)
}

test('a process that is far behind turns requests away, says when to come back, lives, and recovers', async () => {
  const statusOf = async (url: string) => (await api().app.inject(url)).statusCode
  await expect
    .poll(
      async () => {
        block(2_500)
        await new Promise((resolve) => setTimeout(resolve, 1)) // The loop turns once, late.
        return statusOf('/runs')
      },
      { timeout: 30_000, interval: 1 },
    )
    .toBe(503)
  const refused = await api().app.inject('/runs')
  expect([refused.statusCode, refused.json().type]).toEqual([503, '/problems/overloaded'])
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  expect(await statusOf('/healthz')).toBe(200)
  expect((await api().app.inject('/readyz')).json().type).toBe('/problems/overloaded')
  await expect.poll(() => statusOf('/runs'), { timeout: 20_000 }).toBe(200)
})
