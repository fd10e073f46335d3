import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './environment.mjs'
import { runNode } from './run-command.mjs'

const vitest = join(root, 'node_modules/vitest/vitest.mjs')

/** Runs one vitest project, or these files of it, and resolves to its counts. Its own report is shown; the counts come from a second one. */
export async function runVitest({ project, files = [], full = false, env = {} }) {
  const folder = mkdtempSync(join(tmpdir(), 'treadle-report-'))
  const report = join(folder, 'report.json')
  const flags = ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  try {
    const { code } = await runNode(vitest, [...flags, ...files], {
      env: { ...env, ...(full && { TREADLE_TEST_FULL: '1' }) },
    })
    return countTests(readReport(report), code)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined // Vitest stopped before it could write one; its exit code speaks.
  }
}

/**
 * Counts from vitest's JSON report. A file that broke before its first test is one failure, and so is an exit code
 * that no failed test explains (an unhandled rejection, a crash): nothing that went wrong may count as nothing.
 */
export function countTests(report, exitCode) {
  const files = report?.testResults ?? []
  const broken = files.filter((file) => file.status === 'failed' && file.assertionResults.every(notFailed)).length
  const counts = {
    passed: report?.numPassedTests ?? 0,
    failed: (report?.numFailedTests ?? 0) + broken,
    skipped: (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0),
  }
  if (exitCode !== 0 && counts.failed === 0) counts.failed = 1
  return counts
}

const notFailed = (test) => test.status !== 'failed'
