import { delimiter, join } from 'node:path'
import { root } from './environment.mjs'
import { runCommand, runNode } from './run-command.mjs'

const worker = join(root, 'apps', 'worker-python')

/** The packages of Python code that have rules: the worker's are those of its pyproject.toml for all of them. */
const sources = [
  'apps/worker-python/src',
  'apps/worker-python/tests',
  'test/conformance/functions',
  'examples/python-tools',
]

/** Without Python a developer goes on, and CI fails: nobody else would notice. */
const mayLackPython = (env = process.env) => !env.CI

/** Formatter, linter and types. Resolves to whether all went well. */
export async function checkPython() {
  const prepared = await prepare()
  if (prepared === undefined) return mayLackPython()
  const ruff = (...args) =>
    runCommand(prepared.python, ['-m', 'ruff', ...args, '--config', join(worker, 'pyproject.toml'), ...sources])
  if ((await ruff('format', '--check', '--quiet')).code !== 0) return false
  if ((await ruff('check', '--quiet')).code !== 0) return false
  const pyright = join(root, 'node_modules', 'pyright', 'index.js')
  return (await runNode(pyright, ['--project', worker, '--pythonpath', prepared.python])).code === 0
}

/** The unit tests, counted. */
export async function testPython() {
  const prepared = await prepare()
  if (prepared === undefined) return { passed: 0, failed: mayLackPython() ? 0 : 1, skipped: mayLackPython() ? 1 : 0 }
  const total = { passed: 0, failed: 0, skipped: 0 }
  for (const folder of [worker, join(root, 'examples', 'python-tools')]) {
    const flags = ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', '--rootdir', folder, join(folder, 'tests')]
    const env = { PYTHONPATH: [prepared.source, folder].join(delimiter), PYTHONDONTWRITEBYTECODE: '1' }
    const { code, output } = await runCommand(prepared.python, flags, { cwd: folder, env })
    const counts = countPythonTests(output, code)
    for (const key of Object.keys(total)) total[key] += counts[key]
  }
  return total
}

/** Counts from pytest's last line. An exit code that no failed test explains (nothing could be collected) is one failure. */
export function countPythonTests(output, exitCode) {
  const counted = (word) =>
    Number(new RegExp(`(\\d+) ${word}`).exec(output.trimEnd().split('\n').at(-1) ?? '')?.[1] ?? 0)
  const counts = {
    passed: counted('passed'),
    failed: counted('failed') + counted('error'),
    skipped: counted('skipped'),
  }
  if (exitCode !== 0 && counts.failed === 0) counts.failed = 1
  return counts
}

/** The virtual environment of the tests; undefined, and said, where there is no Python. Compiled code makes it, as for `npm start`. */
async function prepare() {
  const { cacheFolder, createReport, preparePython } = await import('../apps/local/dist/index.js')
  try {
    return await preparePython({ env: process.env, cacheFolder: cacheFolder(), report: createReport() }, { dev: true })
  } catch (error) {
    console.error(`The Python worker is not checked: ${error.message}.`)
    return undefined
  }
}
