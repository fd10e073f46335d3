import { join } from 'node:path'
import { compile } from './build.mjs'
import { root } from './environment.mjs'
import { generate } from './generate.mjs'
import { checkGo } from './go.mjs'
import { checkPython } from './python.mjs'
import { say } from './report.mjs'
import { runNode } from './run-command.mjs'

const bin = (...path) => join(root, 'node_modules', ...path)
const succeeds = async (running) => (await running).code === 0

/** The static half of CI. Types come first: the others read what the compiler wrote. */
const checks = [
  { name: 'types', run: () => succeeds(compile()), mend: 'npm run build' },
  {
    name: 'format and lint',
    run: () => succeeds(runNode(bin('@biomejs/biome/bin/biome'), ['check', '--error-on-warnings', '.'])),
    mend: 'npm run format',
  },
  {
    name: 'directions of imports',
    run: () => succeeds(runNode(bin('dependency-cruiser/bin/dependency-cruise.mjs'), CRUISED)),
    mend: 'each rule in .dependency-cruiser.cjs says why it stands',
  },
  {
    name: 'nothing unused',
    run: () => succeeds(runNode(bin('knip/bin/knip.js'), ['--no-config-hints'])),
    mend: 'remove what knip names',
  },
  { name: 'Python', run: checkPython, mend: 'ruff format, or what ruff and pyright say' },
  { name: 'Go', run: checkGo, mend: 'gofmt -w, or what go vet and staticcheck say' },
  {
    name: 'the OpenAPI document',
    run: async () => (await import('./lint-openapi.mjs')).lintOpenapi(), // What is not installed before `check` runs.
    mend: 'mend the route or the schema that it names, then npm run generate',
  },
  { name: 'generated files fresh', run: () => generate({ checkOnly: true }), mend: 'npm run generate' },
]

const CRUISED = ['--config', '.dependency-cruiser.cjs', 'packages', 'apps', 'test', 'bench']

/** Runs every check, also after one failed, and resolves to how many passed and failed. */
export async function check() {
  const failures = []
  for (const { name, run, mend } of checks) {
    say(`Checking: ${name}`)
    if (!(await run())) failures.push({ name, mend })
  }
  for (const { name, mend } of failures) console.error(`✗ ${name} (${mend})`)
  if (failures.length === 0) console.log('✓ All checks passed')
  return { passed: checks.length - failures.length, failed: failures.length, skipped: 0 }
}
