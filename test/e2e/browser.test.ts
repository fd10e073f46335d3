import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openChromium } from '../support/chromium.ts'
import { randomFrom } from '../support/random.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { useStack } from '../support/use-stack.ts'
import { createClient } from './support/client.ts'
import { ASK } from './support/documents.ts'
import { followFrames } from './support/frames.ts'

// The page is of another origin than the API, as the pages of an application are.
const pageServer = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html>'))
await new Promise<void>((resolve) => pageServer.listen(0, '127.0.0.1', resolve))
const origin = `http://127.0.0.1:${(pageServer.address() as AddressInfo).port}`
const stack = useStack({ apiEnv: { TREADLE_CORS_ORIGINS: origin } })
const words = Array.from({ length: 40 }, (_, index) => `w${index}ü🌍 `)

let browser: Awaited<ReturnType<typeof openChromium>>
beforeAll(async () => {
  browser = await openChromium()
  stack().model.when(
    { prompt: 'browser' },
    words.flatMap((text) => [{ text }, { delayMs: 20 }]),
  )
}, 300_000)
afterAll(async () => {
  await browser?.close()
  pageServer.close()
})

/** What a page's own EventSource gets of a stream, until it stops by itself. */
async function readInPage(url: string, types: string[]) {
  const page = await browser.context.newPage()
  page.on('console', (message) => console.error(message.text()))
  await page.goto(origin)
  const seen = await page.evaluate(
    ({ url, types }) =>
      new Promise<{ frames: string[]; errors: number }>((resolve) => {
        const source = new EventSource(url)
        const frames: string[] = []
        let errors = 0
        for (const type of types) {
          source.addEventListener(type, (event) => {
            const { lastEventId, data } = event as MessageEvent
            frames.push(`id: ${lastEventId}\nevent: ${type}\ndata: ${data}`)
          })
        }
        source.onerror = () => {
          errors += 1
          if (source.readyState === EventSource.CLOSED) resolve({ frames, errors })
        }
      }),
    { url, types },
  )
  await page.close()
  return seen
}

const typesOf = (frames: string[]) => [...new Set(frames.map((frame) => /^event: (.*)$/m.exec(frame)?.[1] ?? ''))]
const TYPES = ['run.created', 'run.started', 'node.started', 'node.delta', 'node.completed', 'run.completed']

test('a browser’s EventSource follows a run live, and stops by itself after the last event', {
  timeout: 60_000,
}, async () => {
  const { url } = stack()
  const { id } = await createClient(url).start({ ir: ASK, input: { question: 'browser' } })
  const { frames, errors } = await readInPage(`${url}/runs/${id}/stream`, TYPES)
  const whole = await followFrames({ url: () => url, path: `/runs/${id}/stream` })
  expect(typesOf(whole)).toEqual(TYPES)
  expect(frames).toEqual(whole)
  expect(errors).toBe(2) // The server's close, after which it came back; and the 204, after which it did not.
})

test('it resumes by itself over a network that cuts, and misses nothing', { timeout: 60_000 }, async () => {
  const random = randomFrom(9)
  const network = await startTcpProxy(stack().url, {
    pieceBytes: () => 1 + random(50),
    cutAfterBytes: () => 2_000 + random(3_000),
  })
  const { id } = await createClient(stack().url).start({ ir: ASK, input: { question: 'browser' } })
  const { frames, errors } = await readInPage(`${network.url}/runs/${id}/stream`, TYPES)
  await network.stop()
  expect(frames).toEqual(await followFrames({ url: () => stack().url, path: `/runs/${id}/stream` }))
  expect(errors).toBeGreaterThan(2)
})
