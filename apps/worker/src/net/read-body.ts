import type { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { TreadleError } from '@treadle/contract'

/** A body as far as it was read, and what comes after it: absent where that is all. Whoever gets a rest reads it, or returns it. */
export type Body = { bytes: Buffer; rest?: AsyncGenerator<Buffer, void, void> }

/**
 * The body, unpacked, up to `bytesMax` of what comes out: a small body cannot unpack to a huge one in memory.
 * @throws TreadleError `tool_error` where it is packed in a way that is not known
 */
export async function readBody(body: Readable, encoding: string | null, bytesMax: number): Promise<Body> {
  const pieces = piecesOf(body, encoding)
  const chunks: Buffer[] = []
  let bytes = 0
  for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
    chunks.push(next.value)
    bytes += next.value.length
    if (bytes > bytesMax) return { bytes: Buffer.concat(chunks), rest: pieces }
  }
  return { bytes: Buffer.concat(chunks) }
}

async function* piecesOf(body: Readable, encoding: string | null): AsyncGenerator<Buffer, void, void> {
  // Destroying a body that is not read to its end is told as an error, which nobody else would hear.
  body.on('error', () => {})
  try {
    yield* unpack(body, encoding)
  } catch (error) {
    if (isZlibError(error))
      throw new TreadleError('tool_error', `The answer’s ${encoding} cannot be unpacked.`, { cause: error })
    throw error
  } finally {
    body.destroy()
  }
}

function unpack(body: Readable, encoding: string | null): Readable {
  const packed = (encoding ?? 'identity').trim().toLowerCase()
  if (packed === '' || packed === 'identity') return body
  const transform = UNPACKERS[packed]?.()
  if (!transform) {
    body.destroy()
    throw new TreadleError('tool_error', `The answer is packed as "${packed}", which is not known.`)
  }
  body.on('error', (error) => transform.destroy(error))
  return body.pipe(transform)
}

const UNPACKERS: Record<string, (() => ReturnType<typeof createGunzip>) | undefined> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

const isZlibError = (error: unknown) =>
  /^(Z_|ERR_.*BROTLI)/.test(String((error as { code?: unknown } | undefined)?.code))
