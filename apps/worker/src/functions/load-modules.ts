import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Imports the modules that register functions: paths (from the working directory) or package names. @throws Error that names the module. */
export async function loadFunctionModules(modules: readonly string[]): Promise<void> {
  for (const name of modules) {
    const isPath = /^(\.{0,2}\/|[A-Za-z]:[\\/])/.test(name)
    try {
      await import(isPath ? pathToFileURL(resolve(name)).href : name)
    } catch (error) {
      throw new Error(`TREADLE_FUNCTIONS names ${name}, which cannot be imported: ${(error as Error).message}`, {
        cause: error,
      })
    }
  }
}
