import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { startStack } from './stack.ts'

test('each part of a stack can be killed and started again, and in the end nothing is left', async () => {
  // Also the one suite with Temporal as it is shipped: nothing may depend on our settings of the dev server.
  const stack = await startStack({ stock: true, temporalDatabase: 'file', blobs: 's3', workers: 2 })
  onTestFinished(stack.stop)
  const isReady = async () => (await fetch(`${stack.url}/readyz`)).ok
  expect(await isReady()).toBe(true)

  const [worker] = stack.workers
  const before = worker?.child.pid
  await worker?.kill()
  expect(worker?.child.exit).toEqual({ code: null, signal: 'SIGKILL' })
  await worker?.restart()
  expect(worker?.child.pid).not.toBe(before)

  await stack.temporal.kill()
  await stack.temporal.restart()
  await stack.api.restart() // On the same port.
  expect(await isReady()).toBe(true)
  expect(stack.describe()).toMatch(/--- worker 2 \(pid \d+, still running\) ---/)

  const groups = [stack.temporal, stack.api, ...stack.workers].map(({ child }) => child.pid)
  await stack.stop()
  expect(living(groups)).toEqual([])
  expect(existsSync(stack.folder)).toBe(false)
}, 120_000)

test('a stack that cannot start leaves nothing behind, and says why', async () => {
  const starting = startStack({ apiEnv: { TREADLE_LOG_LEVEL: 'deafening' } })
  await expect(starting).rejects.toThrow(/API ended before it was ready[\s\S]*TREADLE_LOG_LEVEL/)
})

test('two stacks do not see each other', async () => {
  const [one, two] = [await startStack({ workers: 0 }), await startStack({ workers: 0 })]
  onTestFinished(one.stop)
  onTestFinished(two.stop)
  expect(new URL(one.database.adminUrl).pathname).not.toBe(new URL(two.database.adminUrl).pathname)
  await one.stop()
  expect((await fetch(`${two.url}/readyz`)).ok).toBe(true)
})

/** Which of these process groups have a member that runs (in another state than Z: ended, and not yet noticed). */
function living(groups: readonly number[]): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pgid=,stat='], { encoding: 'utf8' })
  const alive = stdout.split('\n').map((row) => row.trim().split(/\s+/))
  return groups.filter((group) => alive.some(([id, state = 'Z']) => Number(id) === group && !state.startsWith('Z')))
}
