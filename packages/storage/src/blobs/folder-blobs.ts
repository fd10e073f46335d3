import { constants, createReadStream } from 'node:fs'
import { access, mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Sha256, TenantId } from '@treadle/contract'
import { BlobError } from './blob-error.ts'
import { type NamedBytes, nameBytes } from './named-bytes.ts'
import { persistently } from './persistently.ts'
import type { BlobStore } from './types.ts'
import { verified } from './verify.ts'

/** Blobs as files: `<folder>/<tenant>/<first two digits>/<sha256>`. A file is there whole, or it is not there. */
export function createFolderBlobs(folder: string): BlobStore {
  const incoming = join(folder, '.incoming') // No tenant starts with a dot. On the same file system, so that renaming is atomic.
  const pathOf = (tenant: TenantId, sha256: Sha256) => join(folder, tenant, sha256.slice(0, 2), sha256)
  const size = (tenant: TenantId, sha256: Sha256) => sizeOf(pathOf(tenant, sha256))

  return {
    async put(tenant, content, { named, retry } = {}) {
      const bytes = await nameBytes(content, incoming)
      try {
        const blob = { sha256: bytes.sha256, size: bytes.size }
        await named?.(blob)
        await persistently(() => place(bytes, pathOf(tenant, bytes.sha256)), retry)
        return blob
      } finally {
        await bytes.discard()
      }
    },
    async get(tenant, sha256, { range } = {}) {
      const path = pathOf(tenant, sha256)
      const found = await sizeOf(path)
      if (found === undefined) throw new BlobError('missing', `There is no blob ${sha256}.`)
      if (!range) return verified(createReadStream(path), sha256)
      if (range.start >= found) throw new BlobError('invalid-range', `The blob ${sha256} has ${found} bytes.`)
      return createReadStream(path, range)
    },
    size,
    has: async (tenant, sha256) => (await size(tenant, sha256)) !== undefined,
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
