// The embedded stack as one command: starts everything, shows a first run, and serves until it is told to end.
import { join } from 'node:path'
import { ClearError } from './clear-error.ts'
import { readConfig } from './config.ts'
import { showFirstRun } from './first-run/first-run.ts'
import { nextSteps } from './first-run/next-steps.ts'
import { type Child, describeExit } from './processes/child.ts'
import { createSupervisor } from './processes/supervisor.ts'
import { createReport } from './report.ts'
import { listenForEnd } from './stack/ending.ts'
import { openHome } from './stack/home.ts'
import { takeLock } from './stack/lock.ts'
import { startLocalStack } from './stack/start-stack.ts'

/** Resolves to the exit code. */
async function main(): Promise<number> {
  const config = readConfig(process.env)
  const report = createReport()
  const lock = await takeLock(join(config.home, 'lock.json'), report)
  const home = await openHome(config.home)
  const supervisor = createSupervisor({ onSpawn: lock.add, onStop: report.say })
  const ending = listenForEnd({
    force() {
      report.say('Ending at once')
      void supervisor.killAll().then(() => process.exit(130))
    },
  })
  let failed = false
  supervisor.onUnexpectedExit((child) => {
    failed = true
    report.say(explainExit(child))
    ending.begin()
  })
  try {
    await serve()
    return failed ? 1 : 0
  } catch (error) {
    if (ending.signal.aborted) return failed ? 1 : 0 // Told to end in the middle of something, which then failed.
    ending.begin() // Whatever else is under way, such as a download, has become pointless.
    throw error
  } finally {
    await supervisor.stopAll()
    lock.release()
  }

  async function serve() {
    const { signal } = ending
    // Ended in the middle of the start: whatever waits for a process that is gone now fails by itself.
    signal.addEventListener('abort', () => void supervisor.stopAll(), { once: true })
    const stack = await startLocalStack({ config, home, supervisor, report, signal })
    const write = (text: string) => process.stdout.write(text)
    const runId = config.firstRun ? await showFirstRun({ ...stack, write, signal }) : undefined
    report.say(`\n${nextSteps({ ...stack, runId, passwordFile: home.passwordFile })}`)
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  }
}

function explainExit(child: Child): string {
  const log = child.logFile === undefined ? '' : ` Its log: ${child.logFile}.`
  return `${child.name} ended by itself (${describeExit(child.exit)}), so everything ends.${log} Its last lines:\n${child.tail()}`
}

// A closed terminal is no reason to die before everything has ended.
process.stdout.on('error', () => {})
try {
  process.exitCode = await main()
  console.log('Everything has ended')
} catch (error) {
  console.error(error instanceof ClearError ? `✗ ${error.message}` : error)
  process.exitCode = 1
}
