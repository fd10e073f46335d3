import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'

const THREAD = new URL('./support/noted-promises.cjs', import.meta.url)
const PRELOADED = fileURLToPath(new URL('../../apps/worker/dist/no-promise-stacks.js', import.meta.url))

/** What a thread tells that was started with these options of Node. */
async function told(execArgv: string[]): Promise<unknown> {
  const thread = new Worker(THREAD, { execArgv })
  const [message] = await once(thread, 'message')
  await thread.terminate()
  return message
}

test('promises are noted by nobody, and scopes are kept over them all the same', async () => {
  expect(await told(['--import', PRELOADED])).toEqual({ scope: 'inner', noted: 0 })
})

test('without it they are noted', async () => {
  expect(await told([])).toEqual({ scope: 'inner', noted: expect.any(Number) })
  expect(await told([])).not.toMatchObject({ noted: 0 })
})
