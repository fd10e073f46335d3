import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Blob } from '@treadle/contract'
import type { BlobContent } from './types.ts'

/** Content whose name is known: in memory where it is small, else in a file. */
export type NamedBytes = Blob &
  ({ bytes: Uint8Array; file?: undefined } | { file: string; bytes?: undefined }) & {
    /** Removes the file, if there is one and it is still there. */
    discard(): Promise<void>
  }

const IN_MEMORY_BYTES_MAX = 1024 * 1024

/**
 * Reads content to its end to learn its name. What passes 1 MiB goes to a file in `folder`, synced to the disk, so memory stays bounded
 * whatever the size. Failing leaves no file behind.
 */
export async function nameBytes(content: BlobContent, folder: string): Promise<NamedBytes> {
  const hash = createHash('sha256')
  if (content instanceof Uint8Array) return inMemory(hash.update(content).digest('hex'), [content])

  const parts: Uint8Array[] = []
  let size = 0
  const source = content[Symbol.asyncIterator]()
  for (let next = await source.next(); !next.done; next = await source.next()) {
    hash.update(next.value)
    parts.push(next.value)
    size += next.value.byteLength
    if (size > IN_MEMORY_BYTES_MAX) return inFile({ hash, parts, size, rest: source, folder })
  }
  return inMemory(hash.digest('hex'), parts)
}

function inMemory(sha256: string, parts: Uint8Array[]): NamedBytes {
  const bytes = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)
  return { sha256, size: bytes.byteLength, bytes, discard: async () => {} }
}

type Rest = {
  hash: ReturnType<typeof createHash>
  parts: Uint8Array[]
  size: number
  rest: AsyncIterator<Uint8Array>
  folder: string
}

async function inFile({ hash, parts, size, rest, folder }: Rest): Promise<NamedBytes> {
  await mkdir(folder, { recursive: true })
  const file = join(folder, randomUUID())
  const discard = () => rm(file, { force: true })
  const handle = await open(file, 'wx', 0o600)
  try {
    for (const part of parts) await handle.writeFile(part)
    for (let next = await rest.next(); !next.done; next = await rest.next()) {
      hash.update(next.value)
      size += next.value.byteLength
      await handle.writeFile(next.value)
    }
    await handle.sync()
  } catch (error) {
    await handle.close()
    await discard()
    await rest.return?.() // Lets the source go: it is not read to its end.
    throw error
  }
  await handle.close()
  return { sha256: hash.digest('hex'), size, file, discard }
}

/** The content again, to be passed on. */
export const readNamed = ({ bytes, file }: NamedBytes): Uint8Array | Readable => bytes ?? createReadStream(file)
