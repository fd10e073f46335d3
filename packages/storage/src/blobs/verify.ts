import { createHash } from 'node:crypto'
import { pipeline, type Readable, Transform } from 'node:stream'
import type { Sha256 } from '@treadle/contract'
import { BlobError } from './blob-error.ts'

/**
 * `source`, unchanged; but where its bytes turn out not to be those of `sha256` it fails in place of its end: the last piece is held back until
 * all are known, so whoever counts bytes sees that some are missing.
 */
export function verified(source: Readable, sha256: Sha256): Readable {
  const hash = createHash('sha256')
  let held: Buffer | undefined
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      const passed = held
      held = chunk
      done(null, passed)
    },
    flush(done) {
      const found = hash.digest('hex')
      if (found === sha256) done(null, held)
      else done(new BlobError('corrupt', `The blob ${sha256} has the content of ${found}.`))
    },
  })
  pipeline(source, check, () => {}) // Whoever reads it is told; the end of either ends both.
  return check
}
