import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test } from 'vitest'

const PRELOADED = fileURLToPath(new URL('../apps/local/dist/services/give-back-main.js', import.meta.url))

const THREAD = new URL('./support/burst.cjs', import.meta.url)

test('what the heap of a service has grown by in a burst is given back once the service is idle', async () => {
  const thread = new Worker(THREAD, { execArgv: ['--import', PRELOADED] })
  onTestFinished(async () => void (await thread.terminate()))
  const told: number[] = []
  await new Promise<void>((resolve) => {
    thread.on('message', (heldMiB: number) => {
      told.push(heldMiB)
      if (heldMiB < 10) resolve()
    })
  })
  expect(told[0]).toBeGreaterThan(50)
})
