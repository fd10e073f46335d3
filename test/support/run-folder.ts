import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAbandoned, type Ledger, openLedger } from './ledger.ts'

const PREFIX = 'treadle-test-'
const LEDGER = 'processes'

/** The folder of one run of the tests, with the record of what it starts. */
export type RunFolder = { readonly folder: string; readonly ledger: Ledger; remove(): void }

/**
 * Makes the folder of this run. First it ends, and removes, what runs before have left that were killed, and so could
 * not clear up: a server of an aborted run would take its share of the machine until somebody looks.
 */
export function openRunFolder(): RunFolder {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const left = join(tmpdir(), name)
    if (!isAbandoned(join(left, LEDGER))) continue
    openLedger(join(left, LEDGER)).endAlive()
    rmSync(left, { recursive: true, force: true })
  }
  const folder = mkdtempSync(join(tmpdir(), PREFIX))
  chmodSync(folder, 0o755) // Postgres does not run as root, and has to pass through.
  const ledger = openLedger(join(folder, LEDGER))
  ledger.add({ pid: process.pid, name: 'the tests' })
  return { folder, ledger, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
