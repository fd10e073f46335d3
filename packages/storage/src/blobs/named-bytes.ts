import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Blob } from '@treadle/contract'
import type { BlobCipher } from './blob-cipher.ts'
import type { BlobContent } from './types.ts'

/** Content whose name is known, in the form in which it is stored: in memory where it is small, else in a file. */
export type NamedBytes = Blob &
  ({ bytes: Uint8Array; file?: undefined } | { file: string; bytes?: undefined }) & {
    /** Removes the file, if there is one and it is still there. */
    discard(): Promise<void>
  }

const IN_MEMORY_BYTES_MAX = 1024 * 1024

/**
 * Reads content to its end to learn its name. What passes 1 MiB goes to a file in `folder`, synced to the disk, so memory stays bounded
 * whatever the size; there too it is encrypted. Failing leaves no file behind.
 */
export async function nameBytes(content: BlobContent, folder: string, cipher: BlobCipher): Promise<NamedBytes> {
  const naming = createNaming(cipher)
  if (content instanceof Uint8Array) {
    const parts = [...naming.push(content), ...cipher.end()]
    return inMemory(naming.name(), cipher, parts)
  }
  const parts: Uint8Array[] = []
  const source = content[Symbol.asyncIterator]()
  for (let next = await source.next(); !next.done; next = await source.next()) {
    parts.push(...naming.push(next.value))
    if (naming.size > IN_MEMORY_BYTES_MAX) return inFile({ naming, cipher, parts, rest: source, folder })
  }
  parts.push(...cipher.end())
  return inMemory(naming.name(), cipher, parts)
}

type Naming = { push(piece: Uint8Array): Uint8Array[]; readonly size: number; name(): Blob }

function createNaming(cipher: BlobCipher): Naming {
  const hash = createHash('sha256')
  let size = 0
  return {
    push(piece) {
      hash.update(piece)
      size += piece.byteLength
      return cipher.push(piece)
    },
    get size() {
      return size
    },
    name: () => ({ sha256: hash.digest('hex'), size }),
  }
}

function inMemory(blob: Blob, cipher: BlobCipher, parts: Uint8Array[]): NamedBytes {
  const all = cipher.headerBytes > 0 ? [cipher.header(blob.sha256), ...parts] : parts
  const bytes = all.length === 1 && all[0] ? all[0] : Buffer.concat(all)
  return { ...blob, bytes, discard: async () => {} }
}

type Rest = {
  naming: Naming
  cipher: BlobCipher
  parts: Uint8Array[]
  rest: AsyncIterator<Uint8Array>
  folder: string
}

async function inFile({ naming, cipher, parts, rest, folder }: Rest): Promise<NamedBytes> {
  await mkdir(folder, { recursive: true })
  const file = join(folder, randomUUID())
  const discard = () => rm(file, { force: true })
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(new Uint8Array(cipher.headerBytes))
    for (const part of parts) await handle.writeFile(part)
    for (let next = await rest.next(); !next.done; next = await rest.next())
      for (const part of naming.push(next.value)) await handle.writeFile(part)
    for (const part of cipher.end()) await handle.writeFile(part)
    const blob = naming.name()
    await handle.write(cipher.header(blob.sha256), 0, cipher.headerBytes, 0)
    await handle.sync()
    await handle.close()
    return { ...blob, file, discard }
  } catch (error) {
    await handle.close()
    await discard()
    await rest.return?.() // Lets the source go: it is not read to its end.
    throw error
  }
}

/** What is stored, to be passed on. */
export const readNamed = ({ bytes, file }: NamedBytes): Uint8Array | Readable => bytes ?? createReadStream(file)
