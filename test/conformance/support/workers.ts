import { fileURLToPath } from 'node:url'
import type { Runtime } from '@treadle/contract'
import {
  buildGoWorker,
  type Child,
  cacheFolder,
  createReport,
  type PythonEnvironment,
  preparePython,
  type Supervisor,
  startGoWorker,
  startPythonWorker,
  startWorker,
  type WorkerOptions,
} from '@treadle/local'

/** Starts the worker of a language with the functions of test/conformance/functions; resolves when it polls. */
export type StartRuntimeWorker = (supervisor: Supervisor, options: WorkerOptions) => Promise<Child>

const functions = (file: string) => fileURLToPath(new URL(`../functions/${file}`, import.meta.url))

/** The languages that have a worker. */
export const RUNTIME_WORKERS: Partial<Record<Runtime, StartRuntimeWorker>> = {
  typescript: (supervisor, { env, ...options }) =>
    startWorker(supervisor, { ...options, env: { ...env, TREADLE_FUNCTIONS: functions('typescript.mjs') } }),
  python: async (supervisor, { env, ...options }) => {
    const program = { ...(await pythonEnvironment()), path: [functions('.')] }
    const withFunctions = { ...options, env: { ...env, TREADLE_FUNCTIONS: 'conformance_functions' } }
    return startPythonWorker(supervisor, program, withFunctions)
  },
  go: async (supervisor, options) => startGoWorker(supervisor, await goWorker(), options),
}

let built: Promise<string> | undefined

/** Built once, also where a case starts the worker again. */
const goWorker = (): Promise<string> => (built ??= buildGoWorker({ env: process.env, folder: functions('go') }))

let prepared: Promise<PythonEnvironment> | undefined

const pythonEnvironment = (): Promise<PythonEnvironment> =>
  (prepared ??= preparePython({ env: process.env, cacheFolder: cacheFolder(), report: createReport() }))
