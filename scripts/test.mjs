import { check } from './check.mjs'
import { testGo } from './go.mjs'
import { testPython } from './python.mjs'
import { say } from './report.mjs'
import { runVitest } from './vitest.mjs'

/**
 * Runs every suite, whatever the ones before it said, and ends with the one line that counts them all.
 * Resolves to false when anything failed, and when nothing ran: an empty run proves nothing.
 */
export async function test({ full }) {
  const suites = [
    { name: 'static checks', run: check },
    { name: 'unit tests', run: () => runVitest({ project: 'unit', full }) },
    { name: 'unit tests of the Python worker', run: testPython },
    { name: 'unit tests of the Go worker', run: testGo },
    { name: 'tests on the real stack', run: () => runVitest({ project: 'stack', full }) },
  ]
  const total = { passed: 0, failed: 0, skipped: 0 }
  for (const { name, run } of suites) {
    say(`Suite: ${name}`)
    const counts = await run()
    for (const key of Object.keys(total)) total[key] += counts[key]
  }
  console.log(summaryLine(total))
  return total.failed === 0 && total.passed > 0
}

/** `12 passed, 0 failed`, and `, 1 skipped` only when something was. */
export const summaryLine = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
