import { execFile } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'

const run = promisify(execFile)
const FILL_BYTES = 64 * 1024

export type SmallDisk = {
  /** Leaves no room for another file, but for `freeBytes` (default none). */
  fill(freeBytes?: number): Promise<void>
  /** Gives the room back. */
  makeRoom(): Promise<void>
}

/** A disk of so many MiB at that folder, until the test is over; undefined where none can be mounted, which takes root. */
export async function mountSmallDisk(folder: string, mebibytes: number): Promise<SmallDisk | undefined> {
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=0777`, 'tmpfs', folder])
  } catch {
    return undefined
  }
  onTestFinished(async () => void (await run('umount', ['-l', folder])))
  const filler = join(folder, 'filler')
  return {
    async fill(freeBytes = 0) {
      // Ends where the disk does; what could not be written as a whole is written as far as it goes.
      await run('dd', ['if=/dev/zero', `of=${filler}`, `bs=${FILL_BYTES}`]).catch(() => {})
      if (freeBytes > 0) await run('truncate', ['-s', `-${freeBytes}`, filler])
    },
    makeRoom: async () => {
      await writeFile(filler, '')
      await rm(filler)
    },
  }
}
