import type { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { TreadleError } from '@treadle/contract'

/**
 * The whole body, unpacked. Stops reading at `bytesMax` of what comes out, so that a small body cannot unpack to a huge one.
 * @throws TreadleError `tool_error` where it is larger, or packed in a way that is not known
 */
export async function readBody(body: Readable, encoding: string | null, bytesMax: number): Promise<Buffer> {
  // Destroying a body that is not read to its end is told as an error, which nobody else would hear.
  body.on('error', () => {})
  const unpacked = unpack(body, encoding)
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of unpacked) {
      bytes += chunk.length
      if (bytes > bytesMax) throw new TreadleError('tool_error', `The answer is larger than ${bytesMax} bytes.`)
      chunks.push(chunk)
    }
  } catch (error) {
    if (isZlibError(error))
      throw new TreadleError('tool_error', `The answer’s ${encoding} cannot be unpacked.`, { cause: error })
    throw error
  } finally {
    body.destroy()
  }
  return Buffer.concat(chunks)
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
