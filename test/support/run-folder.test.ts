import { existsSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Child, createSupervisor } from '@treadle/local'
import { expect, inject, onTestFinished, test } from 'vitest'
import { openLedger } from './ledger.ts'
import { openRunFolder } from './run-folder.ts'

test('what a killed run has left is ended and removed by the next', async () => {
  const [holder, server] = [await idle('holder'), await idle('server')]
  const folder = leaveFolder(holder, server)
  await holder.kill()
  openRunFolder().remove()
  expect((await server.exited).signal).toBe('SIGKILL')
  expect(existsSync(folder)).toBe(false)
})

test('a run that still goes on is left alone', async () => {
  const [holder, server] = [await idle('holder'), await idle('server')]
  const folder = leaveFolder(holder, server)
  openRunFolder().remove()
  expect([holder.exit, server.exit]).toEqual([undefined, undefined])
  expect(existsSync(folder)).toBe(true)
  await holder.kill()
  openRunFolder().remove()
})

/** A folder as a run of the tests by `holder` makes it. */
function leaveFolder(holder: Child, ...started: Child[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'treadle-test-'))
  mkdirSync(join(folder, 'stack-x'))
  const ledger = openLedger(join(folder, 'processes'))
  for (const child of [holder, ...started]) ledger.add(child)
  return folder
}

async function idle(name: string): Promise<Child> {
  const supervisor = createSupervisor({ onSpawn: openLedger(inject('shared').ledgerFile).add })
  onTestFinished(() => supervisor.stopAll())
  const script = `echo ready; while :; do sleep 0.05; done # ${name}`
  const child = await supervisor.start({ name, command: '/bin/sh', args: ['-c', script], env: process.env })
  await child.line((line) => line === 'ready' || undefined)
  return child
}
