import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs')

test('imports that follow the arrows pass', () => {
  const files = {
    'packages/storage/src/a.ts': `import '@treadle/contract'`,
    'apps/api/src/a.ts': `import '@treadle/storage'\nimport '@treadle/translator'`,
  }
  expect(violations(files)).toEqual([])
})

test('every other one is refused, by a rule that names what would be allowed', () => {
  const files = {
    'packages/translator/src/a.ts': `import '@treadle/storage'`,
    'packages/storage/src/a.ts': `import '@treadle/bridge'`,
    'packages/bridge/src/a.ts': `import type { OnlyATypeCountsToo } from '@treadle/interpreter'`,
    'packages/contract/src/a.ts': `import '@treadle/expressions'`,
    'packages/interpreter/src/a.ts': `import '@treadle/api'`,
    'apps/api/src/a.ts': `import '@treadle/interpreter'`,
    'apps/worker/src/a.ts': `import '@treadle/api'`,
    'apps/local/src/a.ts': `import '@treadle/nothing'`,
  }
  expect(violations(files)).toEqual([
    'apps/api/src/a.ts: api-imports-only-contract-translator-bridge-storage-telemetry',
    'apps/local/src/a.ts: every-import-exists',
    'apps/worker/src/a.ts: worker-imports-only-contract-expressions-interpreter-storage-telemetry',
    'packages/bridge/src/a.ts: bridge-imports-only-contract',
    'packages/contract/src/a.ts: contract-imports-only-itself',
    'packages/interpreter/src/a.ts: interpreter-imports-only-contract-expressions',
    'packages/storage/src/a.ts: storage-imports-only-contract',
    'packages/translator/src/a.ts: translator-imports-only-contract-expressions',
  ])
})

test('a path into another package is refused where its name would be allowed, and so is a test in what ships', () => {
  const files = {
    'packages/storage/src/a.ts': `import '../../contract/src/inside.ts'`,
    'packages/bridge/src/a.ts': `import './x.test.ts'`,
    'packages/bridge/src/x.test.ts': '',
  }
  expect(violations(files)).toEqual([
    'packages/bridge/src/a.ts: nothing-imports-tests',
    'packages/storage/src/a.ts: no-path-into-another-package',
  ])
})

/** Builds a workspace of empty packages with these files in it, and tells which of them break which rule. */
function violations(files: Record<string, string>): string[] {
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

  const flags = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'packages', 'apps']
  const { stdout, stderr } = spawnSync(process.execPath, [cruiser, ...flags], { cwd: folder, encoding: 'utf8' })
  expect(stderr).toBe('')
  const { summary } = JSON.parse(stdout) as { summary: { violations: { from: string; rule: { name: string } }[] } }
  return summary.violations.map(({ from, rule }) => `${from}: ${rule.name}`).toSorted()
}

const PACKAGES = [
  ...['contract', 'expressions', 'translator', 'interpreter', 'bridge', 'storage'].map((name) => `packages/${name}`),
  ...['api', 'worker', 'local'].map((name) => `apps/${name}`),
]

function write(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}
