import {
  buildGoWorker,
  cacheFolder,
  createReport,
  preparePython,
  startGoWorker,
  startPythonWorker,
} from '@treadle/local'
import type { StartWorker } from './stack.ts'

/*
 * The workers of other languages, for `stack.startWorker`. Both take minutes where nothing is in the cache: the environment of Python is
 * made, and Go compiles what its worker is made of.
 */

/** `path`: folders of modules that `TREADLE_FUNCTIONS` may name. */
export async function pythonWorker(...path: string[]): Promise<StartWorker> {
  const environment = await preparePython({ env: process.env, cacheFolder: cacheFolder(), report: createReport() })
  return (supervisor, options) => startPythonWorker(supervisor, { ...environment, path }, options)
}

/** `folder`: of a program with functions of its own; default: the worker without any. */
export async function goWorker(folder?: string): Promise<StartWorker> {
  const executable = await buildGoWorker({ env: process.env, ...(folder !== undefined && { folder }) })
  return (supervisor, options) => startGoWorker(supervisor, executable, options)
}
