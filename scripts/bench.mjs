import { join } from 'node:path'
import { root } from './environment.mjs'
import { runNode } from './run-command.mjs'

/** Measures what performance is promised: all cases, or those named in `flags` (`P1 P4 --quick`). Resolves to whether it ran. */
export async function bench(flags) {
  const { code } = await runNode(join(root, 'bench', 'dist', 'main.js'), flags)
  return code === 0
}
