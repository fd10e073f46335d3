import { join } from 'node:path'
import { root } from './environment.mjs'
import { StepError, say, seconds } from './report.mjs'
import { runNode } from './run-command.mjs'

const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')

/**
 * Type-checks and compiles what changed since the last build: everything, or `projects` (folders with a tsconfig.json)
 * and what they refer to. @throws StepError on type errors.
 */
export async function build(projects = []) {
  const startedAt = performance.now()
  say('Building what changed')
  const { code } = await compile(projects)
  if (code !== 0)
    throw new StepError('The build failed: the compiler says above where. Mend it and run the command again.')
  say(`Built in ${seconds(startedAt)}`)
}

/** The compiler alone, for those who count its failure instead of stopping at it. */
export const compile = (projects = []) => runNode(tsc, ['-b', ...projects])
