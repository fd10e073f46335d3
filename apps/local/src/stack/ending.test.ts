import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { listenForEnd } from './ending.ts'

function listening() {
  const source = new EventEmitter()
  let timeMs = 0
  let forced = 0
  const ending = listenForEnd({ source, now: () => timeMs, force: () => (forced += 1) })
  const press = (signal: NodeJS.Signals, atMs: number) => {
    timeMs = atMs
    source.emit(signal)
  }
  return { ending, press, forced: () => forced }
}

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s begins the end', (signal) => {
  const { ending, press, forced } = listening()
  expect(ending.signal.aborted).toBe(false)
  press(signal, 0)
  expect([ending.signal.aborted, forced()]).toEqual([true, 0])
})

test('a second Ctrl-C forces it, but not the echo of the first', () => {
  const { press, forced } = listening()
  press('SIGINT', 1_000)
  press('SIGINT', 1_010)
  expect(forced()).toBe(0)
  press('SIGINT', 2_000)
  expect(forced()).toBe(1)
})

test('SIGTERM does not force, however often it comes', () => {
  const { press, forced } = listening()
  for (const at of [0, 1_000, 2_000]) press('SIGTERM', at)
  expect(forced()).toBe(0)
})
