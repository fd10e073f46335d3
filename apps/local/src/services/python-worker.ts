import { delimiter } from 'node:path'
import type { Child } from '../processes/child.ts'
import type { Supervisor } from '../processes/supervisor.ts'
import type { PythonEnvironment } from '../python/prepare-python.ts'
import { type WorkerOptions, workerChild } from './services.ts'

/** `path`: further folders from which it can import modules that register functions. */
export type PythonProgram = PythonEnvironment & { path?: readonly string[] }

/** Starts a Python worker and waits until it polls. */
export const startPythonWorker = (
  supervisor: Supervisor,
  { python, source, path = [] }: PythonProgram,
  { env, ...options }: WorkerOptions,
): Promise<Child> =>
  workerChild(
    supervisor,
    { command: python, args: ['-m', 'treadle.main'] },
    { name: 'Python worker', ...options, env: { ...env, PYTHONPATH: [source, ...path].join(delimiter) } },
  )
