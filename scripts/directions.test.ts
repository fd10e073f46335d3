import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs')

test('imports that follow the arrows pass', () => {
  check({ 'packages/storage/src/index.ts': `import '@treadle/contract'` })
  check({ 'apps/api/src/index.ts': `import '@treadle/storage'\nimport '@treadle/translator'` })
})

test.each([
  ['packages/translator', '@treadle/storage', 'translator-imports-only-contract-expressions'],
  ['packages/storage', '@treadle/bridge', 'storage-imports-only-contract'],
  ['packages/bridge', '@treadle/interpreter', 'bridge-imports-only-contract'],
  ['packages/contract', '@treadle/expressions', 'contract-imports-only-itself'],
  ['packages/interpreter', '@treadle/api', 'interpreter-imports-only-contract-expressions'],
  ['apps/api', '@treadle/interpreter', 'api-imports-only-contract-translator-bridge-storage'],
  ['apps/worker', '@treadle/api', 'worker-imports-only-contract-expressions-interpreter-storage'],
])('%s may not import %s', (folder, name, rule) => {
  check({ [`${folder}/src/index.ts`]: `import '${name}'` }, rule)
})

test('an import of nothing but types counts too', () => {
  check({ 'packages/bridge/src/index.ts': `import type { X } from '@treadle/storage'` }, 'bridge-imports-only-contract')
})

test('a path into another package is refused, where its entry would be allowed', () => {
  check({ 'packages/storage/src/index.ts': `import '../../contract/src/inside.ts'` }, 'no-path-into-another-package')
})

test('what ships may not import a test, and files may not import each other in a circle', () => {
  check(
    { 'packages/bridge/src/index.ts': `import './x.test.ts'`, 'packages/bridge/src/x.test.ts': '' },
    'nothing-imports-tests',
  )
  check({ 'packages/bridge/src/a.ts': `import './b.ts'`, 'packages/bridge/src/b.ts': `import './a.ts'` }, 'no-cycle')
})

test('an import that leads nowhere is refused', () => {
  check({ 'apps/worker/src/index.ts': `import '@treadle/nothing'` }, 'every-import-exists')
})

/** Builds a workspace of empty packages with these files in it, and expects that only `rule`, or nothing, is broken. */
function check(files: Record<string, string>, rule?: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'treadle-directions-'))
  cpSync(join(root, '.dependency-cruiser.cjs'), join(folder, '.dependency-cruiser.cjs'))
  for (const path of PACKAGES) {
    const name = path.slice(path.indexOf('/') + 1)
    write(
      folder,
      `${path}/package.json`,
      JSON.stringify({ name: `@treadle/${name}`, exports: { '.': './src/index.ts' } }),
    )
    write(folder, `${path}/src/index.ts`, '')
    write(folder, `${path}/src/inside.ts`, '')
    mkdirSync(join(folder, 'node_modules/@treadle'), { recursive: true })
    symlinkSync(join(folder, path), join(folder, 'node_modules/@treadle', name))
  }
  for (const [path, text] of Object.entries(files)) write(folder, path, text)
  mkdirSync(join(folder, 'test'), { recursive: true })

  const flags = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'packages', 'apps', 'test']
  const { stdout, stderr } = spawnSync(process.execPath, [cruiser, ...flags], { cwd: folder, encoding: 'utf8' })
  expect(stderr).toBe('')
  const { summary } = JSON.parse(stdout) as { summary: { violations: { rule: { name: string } }[] } }
  expect([...new Set(summary.violations.map((violation) => violation.rule.name))]).toEqual(
    rule === undefined ? [] : [rule],
  )
}

const PACKAGES = [
  ...['contract', 'expressions', 'translator', 'interpreter', 'bridge', 'storage'].map((name) => `packages/${name}`),
  ...['api', 'worker', 'local'].map((name) => `apps/${name}`),
]

function write(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}
