import { constants, createReadStream } from 'node:fs'
import { access, mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Sha256, TenantId } from '@treadle/contract'
import type { NamedBytes } from './named-bytes.ts'
import type { RawBlobs } from './raw-blobs.ts'

/** Blobs as files: `<folder>/<tenant>/<first two digits>/<sha256>`. A file is there whole, or it is not there. */
export function createFolderBlobs(folder: string): RawBlobs {
  const incoming = join(folder, '.incoming') // No tenant starts with a dot. On the same file system, so that renaming is atomic.
  const pathOf = (tenant: TenantId, sha256: Sha256) => join(folder, tenant, sha256.slice(0, 2), sha256)

  return {
    incoming,
    isFar: false,
    async read(tenant, sha256, range) {
      const path = pathOf(tenant, sha256)
      const size = await sizeOf(path)
      return size === undefined ? undefined : { body: createReadStream(path, range), size }
    },
    place: (tenant, content) => place(content, pathOf(tenant, content.sha256)),
    delete: (tenant, sha256) => rm(pathOf(tenant, sha256), { force: true }),
    async check() {
      await mkdir(folder, { recursive: true })
      await access(folder, constants.R_OK | constants.W_OK)
    },
    close: async () => {},
  }

  /** Durable once this resolves: the content, then its name, then the folder's entry are on the disk. */
  async function place(content: NamedBytes, path: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true })
    const file = content.file ?? (await writeIncoming(content.bytes))
    try {
      await rename(file, path)
    } catch (error) {
      if (content.bytes) await rm(file, { force: true })
      throw error
    }
    await syncFolder(dirname(path))
  }

  async function writeIncoming(bytes: Uint8Array): Promise<string> {
    await mkdir(incoming, { recursive: true })
    const file = join(incoming, crypto.randomUUID())
    try {
      await writeFile(file, bytes, { flag: 'wx', mode: 0o600, flush: true })
    } catch (error) {
      await rm(file, { force: true })
      throw error
    }
    return file
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
