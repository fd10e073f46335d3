import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Puts an executable in its place, whole or not at all: somebody else may start it, or install it too, at any moment.
 * `source` is its bytes, or the path of a file on the same disk, which is moved.
 */
export async function installExecutable(source: Buffer | string, target: string): Promise<string> {
  if (typeof source === 'string') {
    await rename(source, target)
    return target
  }
  await mkdir(dirname(target), { recursive: true })
  const beside = `${target}.${process.pid}`
  await writeFile(beside, source, { mode: 0o755 })
  await rename(beside, target)
  return target
}
