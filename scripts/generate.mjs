import { join } from 'node:path'
import { build } from './build.mjs'
import { root } from './environment.mjs'
import { say } from './report.mjs'
import { runNode } from './run-command.mjs'

/**
 * Everything in the repository that is generated, in the order in which it is made: what is needed to compile comes
 * first. Each script writes its files, or with `--check` only says which are stale and exits with 1.
 */
const generators = [
  { what: 'types and validators of schemas/', script: 'packages/contract/scripts/generate.mjs', needsBuild: false },
  { what: 'Python types of schemas/', script: 'apps/worker-python/scripts/generate.mjs', needsBuild: false },
  { what: 'Go types of schemas/', script: 'apps/worker-go/scripts/generate.mjs', needsBuild: false },
  { what: 'openapi.yaml of the routes', script: 'apps/api/scripts/openapi.mjs', needsBuild: true },
  { what: 'docs/diagnostics.md', script: 'packages/translator/scripts/diagnostics.mjs', needsBuild: true },
]

/** Writes every generated file, or only checks them. Resolves to whether all went well. */
export async function generate({ checkOnly = false } = {}) {
  let built = checkOnly // Whoever checks has built before: a check changes nothing.
  for (const { what, script, needsBuild } of generators) {
    if (needsBuild && !built) {
      await build()
      built = true
    }
    say(`${checkOnly ? 'Checking' : 'Generating'} ${what}`)
    const { code } = await runNode(join(root, script), checkOnly ? ['--check'] : [])
    if (code !== 0) return false
  }
  return true
}
