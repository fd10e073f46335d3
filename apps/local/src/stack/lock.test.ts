import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startChild } from '../processes/child.ts'
import { takeLock } from './lock.ts'

const lockFile = () => join(mkdtempSync(join(tmpdir(), 'treadle-lock-')), 'home', 'lock.json')
const silent = { say: () => {} }

async function idle(script = 'echo ready; while :; do sleep 0.05; done') {
  const child = await startChild({ name: 'idle', command: '/bin/sh', args: ['-c', script], env: process.env })
  onTestFinished(() => child.kill())
  await child.line((line) => line === 'ready' || undefined)
  return child
}

/** Makes the lock look as if another process, `pid`, had taken it. */
function handOver(file: string, pid: number): void {
  const [holder, ...rest] = JSON.parse(readFileSync(file, 'utf8')) as { pid: number }[]
  writeFileSync(file, JSON.stringify([{ ...holder, pid }, ...rest]))
}

test('a home that a living process holds is not taken', async () => {
  const file = lockFile()
  const other = await idle()
  const lock = await takeLock(file, silent)
  lock.add(other)
  const [, entry] = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(file, JSON.stringify([entry]))
  await expect(takeLock(file, silent)).rejects.toThrow(`runs already with this home (process ${other.pid})`)
})

test('what a killed stack left behind is ended before the next one starts', async () => {
  const file = lockFile()
  const left = await idle()
  const lock = await takeLock(file, silent)
  lock.add(left)
  const gone = await idle()
  await gone.kill()
  handOver(file, gone.pid)
  const said: string[] = []
  await takeLock(file, { say: (message) => said.push(message) })
  expect((await left.exited).signal).toBe('SIGINT')
  expect(said).toEqual([`Ending idle (process ${left.pid}), which a start before left behind`])
})

test('a number that another process has by now is left alone', async () => {
  const file = lockFile()
  const stranger = await idle()
  await takeLock(file, silent)
  writeFileSync(file, JSON.stringify([{ pid: stranger.pid, name: 'Treadle', command: 'node main.js' }]))
  await takeLock(file, silent)
  expect(stranger.exit).toBeUndefined()
})

test('a home that was released, or whose lock is broken, can be taken', async () => {
  const file = lockFile()
  const lock = await takeLock(file, silent)
  lock.release()
  await takeLock(file, silent)
  writeFileSync(file, '[{"pid":')
  await takeLock(file, silent)
})
