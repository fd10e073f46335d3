import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type ChildOptions, startChild } from './child.ts'

/** Starts a shell script, and makes sure that it is gone after the test. */
async function start(script: string, options: Partial<ChildOptions> = {}) {
  const child = await startChild({
    name: 'script',
    command: '/bin/sh',
    args: ['-c', script],
    env: process.env,
    ...options,
  })
  onTestFinished(() => child.kill())
  return child
}

/** Says whether a process runs. One that has ended and waits for its parent to notice (state Z) does not. */
function isAlive(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
  return stdout.trim() !== '' && !stdout.startsWith('Z')
}

test('a child is stopped by its signal and tells how it ended', async () => {
  const child = await start('trap "echo bye; exit 3" TERM; echo ready; while :; do sleep 0.05; done')
  await child.line((line) => line === 'ready' || undefined)
  await child.stop()
  expect(child.exit).toEqual({ code: 3, signal: null })
  expect(child.tail()).toBe('ready\nbye')
})

test('a child that ignores the signal is killed after its time', async () => {
  const child = await start('trap "" TERM; echo ready; while :; do sleep 0.05; done', { stopTimeoutMs: 100 })
  await child.line((line) => line === 'ready' || undefined)
  await child.stop()
  expect(child.exit).toEqual({ code: null, signal: 'SIGKILL' })
})

test('what a child has started itself goes with it', async () => {
  const child = await start('sleep 300 & echo $!; wait', { stopTimeoutMs: 100 })
  const grandchild = await child.line((line) => Number(line) || undefined)
  expect(isAlive(grandchild)).toBe(true)
  await child.stop()
  await expect.poll(() => isAlive(grandchild)).toBe(false)
})

test('stopping twice, or after the end, is harmless', async () => {
  const child = await start('exit 0')
  await child.exited
  await Promise.all([child.stop(), child.stop()])
  expect(child.exit).toEqual({ code: 0, signal: null })
})

test('waiting for a line of a child that ends before says how it ended and what it printed', async () => {
  const child = await start('echo "cannot open the file" >&2; exit 7')
  await expect(child.line(() => undefined)).rejects.toThrow(
    /script ended before it was ready \(exit code 7\)[\s\S]*cannot open/,
  )
})

test('waiting for a line does not take longer than it may', async () => {
  const child = await start('echo starting; sleep 300')
  await child.line((line) => line === 'starting' || undefined)
  await expect(child.line(() => undefined, 50)).rejects.toThrow(/not ready after 0.05 s[\s\S]*starting/)
})

test('a program that is not there is one clear sentence', async () => {
  await expect(start('', { command: '/nowhere/program' })).rejects.toThrow(
    /script could not be started from \/nowhere\/program/,
  )
})

test('everything that a child prints is in its log file', async () => {
  const logFile = join(mkdtempSync(join(tmpdir(), 'treadle-child-')), 'logs', 'script.log')
  const child = await start('echo out; echo err >&2', { logFile })
  await child.exited
  await expect.poll(() => readFileSync(logFile, 'utf8').split('\n').toSorted()).toEqual(['', 'err', 'out'])
})
