import { AsyncLocalStorage } from 'node:async_hooks'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import vm from 'node:vm'
import { bundleWorkflowCode } from '@temporalio/worker'

const SILENT = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error: console.error }

/** Temporal's bundle of the module: its size in bytes, without the source map that the SDK appends. */
export async function bundle(path) {
  const { code } = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL(path, import.meta.url)),
    logger: SILENT,
  })
  return { code, bytes: code.replace(/\/\/# sourceMappingURL=.*$/m, '').length }
}

/** The exports of the bundled module, in a context with no more than what Temporal's sandbox gives. */
export function load(code) {
  const sandbox = vm.createContext({
    ...{ TextEncoder, TextDecoder, URL, URLSearchParams, AbortController, AsyncLocalStorage },
    __webpack_module_cache__: {},
  })
  vm.runInContext(code, sandbox)
  return vm.runInContext('__TEMPORAL__', sandbox).importWorkflows()
}

/** What the SDK's own code takes of every bundle. */
export async function emptyBundleBytes() {
  const folder = mkdtempSync(join(import.meta.dirname, 'empty-'))
  try {
    writeFileSync(join(folder, 'empty.mjs'), 'export const nothing = 0\n')
    return (await bundle(join(folder, 'empty.mjs'))).bytes
  } finally {
    rmSync(folder, { recursive: true })
  }
}
