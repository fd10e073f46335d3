import {
  type Blob,
  handlesIn,
  INLINE_BYTES_MAX,
  type Json,
  type RunRef,
  replaceHandles,
  TreadleError,
  toHandle,
} from '@treadle/contract'
import { BlobError, type BlobRefs, type BlobStore } from '@treadle/storage'

/** What one task may load from blobs in all, in bytes: as much as an http tool may answer. */
const TASK_BYTES_MAX = 10 * 1024 * 1024

/** Large values: stored by their content, and represented by handles. */
export type Values = {
  /** The value with every handle in it replaced by what it stands for. @throws TreadleError where that is too large or missing. */
  load(run: RunRef, value: unknown, bytesMax?: number): Promise<Json>
  /**
   * The value, or a handle where its JSON is above `bytesMax` (default 16 KiB): the run refers to it before it is stored,
   * and both are before this resolves. `json` is the value's JSON, where it is known.
   */
  keep(run: RunRef, value: Json, options?: { bytesMax?: number; json?: string }): Promise<Json>
}

export type ValuesOptions = { blobs: Pick<BlobStore, 'get' | 'put'>; refs: BlobRefs }

export function createValues({ blobs, refs }: ValuesOptions): Values {
  return {
    load: (run, value, bytesMax = TASK_BYTES_MAX) => createLoading(blobs, run, bytesMax)(value as Json),
    async keep(run, value, { bytesMax = INLINE_BYTES_MAX, json = JSON.stringify(value) } = {}) {
      // A UTF-16 unit is at most three bytes: most values are small without counting.
      if (json.length * 3 <= bytesMax || Buffer.byteLength(json) <= bytesMax) return value
      const named = (blob: Blob) => refs.add(run.tenant, run.id, [blob])
      const blob = await stored(() => blobs.put(run.tenant, Buffer.from(json), { named }))
      return toHandle(blob)
    },
  }
}

/** Replaces handles until none is left: a stored value may hold handles itself. What was loaded once is not loaded again. */
function createLoading(blobs: ValuesOptions['blobs'], run: RunRef, bytesMax: number) {
  const loaded = new Map<string, Json>()
  let bytes = 0
  const load = async (value: Json): Promise<Json> => {
    const wanted = handlesIn(value)
    if (wanted.length === 0) return value
    for (const blob of wanted) {
      if (loaded.has(blob.sha256)) continue
      bytes += blob.size
      if (bytes > bytesMax) throw tooLarge(blob, bytesMax)
      loaded.set(blob.sha256, await load(await read(blobs, run, blob.sha256)))
    }
    return replaceHandles(value, ({ sha256 }) => loaded.get(sha256))
  }
  return load
}

const tooLarge = ({ size }: Blob, bytesMax: number) =>
  new TreadleError(
    'invalid_request',
    `The values that this needs, one of ${size} bytes among them, are larger than the ${bytesMax} bytes that can be loaded; more can only be passed on.`,
  )

async function read(blobs: ValuesOptions['blobs'], run: RunRef, sha256: string): Promise<Json> {
  const chunks: Buffer[] = []
  await stored(async () => {
    for await (const chunk of await blobs.get(run.tenant, sha256)) chunks.push(chunk)
  })
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}

/** A store that does not answer is tried again; a blob that is gone or damaged will not come back by that. */
async function stored<T>(use: () => Promise<T>): Promise<T> {
  try {
    return await use()
  } catch (error) {
    if (error instanceof BlobError) {
      throw new TreadleError('invalid_request', `A large value cannot be loaded: ${error.message}`, { cause: error })
    }
    throw new TreadleError('unavailable', 'The store of large values cannot be reached.', { cause: error })
  }
}
