import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { StepError } from './report.mjs'

/** The root of the repository, absolute. Every command runs there, wherever it was called from. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/** The root `package.json`: the pinned pnpm and the Node versions stand only there. */
export const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

/** @throws StepError when this Node is older than `engines.node`. */
export function requireNode(version = process.versions.node, range = manifest.engines.node) {
  const least = range.replace('>=', '')
  if (compareVersions(version, least) < 0) {
    throw new StepError(`Node ${version} is too old: Treadle needs ${least} or newer (https://nodejs.org/en/download).`)
  }
}

function compareVersions(a, b) {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number))
  for (const index of [0, 1, 2]) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
