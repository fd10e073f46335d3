import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './environment.mjs'
import { runCommand } from './run-command.mjs'

/** Every Go module of the repository: the worker, and the programs that add functions to it. */
const modules = ['apps/worker-go', 'test/conformance/functions/go', 'examples/go-tools']

const STATICCHECK = 'honnef.co/go/tools/cmd/staticcheck@v0.8.2'

const MISSING = 'Go is not installed (https://go.dev/dl), so the Go worker is not checked.'

const hasGo = () => spawnSync('go', ['version']).status === 0

/** Without Go a developer goes on, and CI fails: nobody else would notice. */
const mayLackGo = (env = process.env) => !env.CI

/** gofmt, go vet and staticcheck. Resolves to whether all went well. */
export async function checkGo() {
  if (!hasGo()) {
    console.error(MISSING)
    return mayLackGo()
  }
  for (const module of modules) {
    const cwd = join(root, module)
    const unformatted = await runCommand('gofmt', ['-l', '.'], { cwd })
    if (unformatted.code !== 0 || unformatted.output.trim() !== '') return false
    for (const args of [
      ['vet', './...'],
      ['run', STATICCHECK, './...'],
    ]) {
      if ((await runCommand('go', args, { cwd })).code !== 0) return false
    }
  }
  return true
}

/** The unit tests of every module, counted. */
export async function testGo() {
  if (!hasGo()) {
    console.error(MISSING)
    return mayLackGo() ? { passed: 0, failed: 0, skipped: 1 } : { passed: 0, failed: 1, skipped: 0 }
  }
  const total = { passed: 0, failed: 0, skipped: 0 }
  for (const module of modules) {
    const options = { cwd: join(root, module), quiet: true, keep: 64 * 1024 * 1024 }
    const { code, output } = await runCommand('go', ['test', '-json', './...'], options)
    const { counts, shown } = countGoTests(output, code)
    console.log(shown)
    for (const key of Object.keys(total)) total[key] += counts[key]
  }
  return total
}

/**
 * Counts from `go test -json`, and what people are shown: a line a package, and all that a failed one printed. An exit code that no
 * failed test explains (a package that does not compile, a panic) is one failure.
 */
export function countGoTests(output, exitCode) {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  const printed = new Map()
  const shown = []
  for (const line of output.split('\n')) {
    const event = parse(line)
    if (event === undefined) {
      if (line.trim() !== '') shown.push(line)
      continue
    }
    const { Action: action, Package: name = '', ImportPath: path = name, Test: test, Output: text } = event
    if (text !== undefined) printed.set(path, (printed.get(path) ?? '') + text)
    const key = OUTCOMES[action]
    if (test !== undefined && key !== undefined) counts[key] += 1
    if (test === undefined && action === 'pass') shown.push(`ok   ${name}`)
    if (test === undefined && (action === 'fail' || action === 'build-fail'))
      shown.push(printed.get(path) ?? `FAIL ${path}`)
  }
  if (exitCode !== 0 && counts.failed === 0) counts.failed = 1
  return { counts, shown: shown.join('\n') }
}

const OUTCOMES = { pass: 'passed', fail: 'failed', skip: 'skipped' }

function parse(line) {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
