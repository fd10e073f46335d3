import { fileURLToPath } from 'node:url'
import type { Runtime } from '@treadle/contract'
import { startWorker } from '@treadle/local'
import { goWorker, pythonWorker } from '../../support/language-workers.ts'
import type { StartWorker } from '../../support/stack.ts'

const functions = (file: string) => fileURLToPath(new URL(`../functions/${file}`, import.meta.url))

// Made once, also where a case starts the worker again.
let python: Promise<StartWorker> | undefined
let go: Promise<StartWorker> | undefined

/** Starts the worker of a language that has one, with the functions of test/conformance/functions; resolves when it polls. */
export const RUNTIME_WORKERS: Partial<Record<Runtime, StartWorker>> = {
  typescript: (supervisor, { env, ...options }) =>
    startWorker(supervisor, { ...options, env: { ...env, TREADLE_FUNCTIONS: functions('typescript.mjs') } }),
  async python(supervisor, { env, ...options }) {
    python ??= pythonWorker(functions('.'))
    return (await python)(supervisor, { ...options, env: { ...env, TREADLE_FUNCTIONS: 'conformance_functions' } })
  },
  async go(supervisor, options) {
    go ??= goWorker(functions('go'))
    return (await go)(supervisor, options)
  },
}
