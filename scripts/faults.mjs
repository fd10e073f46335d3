import { StepError } from './report.mjs'
import { runVitest } from './vitest.mjs'

const SEEDS_DEFAULT = 20

/**
 * Hurts a whole stack by seeded schedules: `--seeds N` (from 1 on; default 20), or `--seed S` for one that failed. A failing seed stands in
 * the name of its test. `--matrix`: each fault alone, and docs/faults.md of what was seen. Resolves to whether all held.
 */
export async function faults(flags) {
  if (flags.includes('--matrix')) return succeeds('matrix.test.ts', { TREADLE_FAULT_MATRIX: '1' })
  const one = numberAfter(flags, '--seed')
  const count = numberAfter(flags, '--seeds') ?? SEEDS_DEFAULT
  const seeds = one === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [one]
  return succeeds('faults.test.ts', { TREADLE_FAULT_SEEDS: seeds.join(' ') })
}

async function succeeds(file, env) {
  const { failed } = await runVitest({ project: 'stack', files: [`test/faults/${file}`], env })
  return failed === 0
}

function numberAfter(flags, name) {
  const at = flags.indexOf(name)
  if (at < 0) return undefined
  const value = Number(flags[at + 1])
  if (!Number.isSafeInteger(value) || value < 1) throw new StepError(`${name} takes a whole number from 1 on.`)
  return value
}
