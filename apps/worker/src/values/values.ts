import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Blob,
  type Handle,
  handlesIn,
  INLINE_BYTES_MAX,
  type Json,
  LOADABLE_BYTES_MAX,
  type RunRef,
  replaceHandles,
  TreadleError,
  toHandle,
} from '@treadle/contract'
import {
  type BlobContent,
  BlobError,
  type BlobRefs,
  type BlobStore,
  checkedJson,
  isStoreFull,
  JsonTextError,
} from '@treadle/storage'
import { blobCrashPoint } from '../crash-points.ts'
import type { Log } from '../log.ts'

/** What one task may load from blobs in all, in bytes: as much as an http tool may answer. */
const TASK_BYTES_MAX = 10 * 1024 * 1024

/** Large values: stored by their content, and represented by handles. */
export type Values = {
  /** The value with every handle in it replaced by what it stands for. @throws TreadleError where that is too large or missing. */
  load(run: RunRef, value: unknown, bytesMax?: number): Promise<Json>
  /** The same, but what is too large for it (4 MiB each, 10 MiB in all) stays a handle. @throws TreadleError where one is missing. */
  loadFitting(run: RunRef, value: unknown): Promise<Json>
  /**
   * The value, or a handle where its JSON is above `bytesMax` (default 16 KiB): the run refers to it before it is stored,
   * and both are before this resolves. `json` is the value's JSON, where it is known.
   */
  keep(run: RunRef, value: Json, options?: KeepOptions): Promise<Json>
  /** Stores a JSON text as it comes, whatever its size, and gives its handle. The text is taken as it is: checked and clean. */
  keepStream(run: RunRef, json: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<Json>
  /** The JSON text that a handle stands for, as a stream, as often as it is called; undefined where it holds handles itself. */
  open(run: RunRef, handle: Handle): Promise<(() => Promise<Readable>) | undefined>
}

export type KeepOptions = {
  bytesMax?: number
  json?: string
  /** Ends the waiting for a store that cannot be reached, which takes a minute at most. Default: it is not waited for. */
  signal?: AbortSignal | undefined
}

export type ValuesOptions = { blobs: Pick<BlobStore, 'get' | 'put'>; refs: BlobRefs; log: Log }

export function createValues({ blobs, refs, log }: ValuesOptions): Values {
  return {
    load: (run, value, bytesMax = TASK_BYTES_MAX) =>
      createLoading(blobs, run, ({ size }, bytes) => {
        if (bytes + size > bytesMax) throw tooLarge(size, bytesMax)
        return true
      })(value as Json),
    loadFitting: (run, value) =>
      createLoading(
        blobs,
        run,
        ({ size }, bytes) => size <= LOADABLE_BYTES_MAX && bytes + size <= TASK_BYTES_MAX,
      )(value as Json),
    async keep(run, value, { bytesMax = INLINE_BYTES_MAX, json = JSON.stringify(value), signal } = {}) {
      // A UTF-16 unit is at most three bytes: most values are small without counting.
      if (json.length * 3 <= bytesMax || Buffer.byteLength(json) <= bytesMax) return value
      return put(run, Buffer.from(json), signal)
    },
    keepStream: (run, json, signal) => put(run, json, signal),
    async open(run, { $blob }) {
      const open = () => stored(() => blobs.get(run.tenant, $blob.sha256))
      try {
        for await (const _ of checkedJson(await open())) {
        }
        return open
      } catch (error) {
        if (error instanceof JsonTextError) return undefined
        throw error
      }
    },
  }

  async function put(run: RunRef, content: BlobContent, signal: AbortSignal | undefined): Promise<Json> {
    const named = async (blob: Blob) => {
      await refs.add(run.tenant, run.id, [blob])
      blobCrashPoint('blob.referred', run, blob.sha256)
    }
    const retry = signal && createPatience(signal, log)
    const blob = await stored(() => blobs.put(run.tenant, content, { named, ...(retry && { retry }) }))
    blobCrashPoint('blob.stored', run, blob.sha256)
    return toHandle(blob)
  }
}

const PATIENCE_MS = 60_000
const PAUSE_FIRST_MS = 200
const PAUSE_MAX_MS = 5_000

/** Waits longer and longer before the next try; throws what was wrong once it has been wrong for a minute, or nobody waits any more. */
function createPatience(signal: AbortSignal, log: Log): (error: unknown) => Promise<void> {
  let sinceMs: number | undefined
  let pauseMs = PAUSE_FIRST_MS
  return async (error) => {
    sinceMs ??= performance.now()
    if (error instanceof BlobError || performance.now() - sinceMs > PATIENCE_MS) throw error
    log.warn({ err: error, pauseMs }, 'A large value could not be stored, and is tried again')
    await sleep(pauseMs, undefined, { signal }).catch(() => {})
    if (signal.aborted) throw error
    pauseMs = Math.min(2 * pauseMs, PAUSE_MAX_MS)
  }
}

/**
 * Replaces handles until none is left that `fits` beside the bytes loaded so far: a stored value may hold handles itself. What was loaded once
 * is not loaded again.
 */
function createLoading(blobs: ValuesOptions['blobs'], run: RunRef, fits: (blob: Blob, bytes: number) => boolean) {
  const loaded = new Map<string, Json>()
  let bytes = 0
  const load = async (value: Json): Promise<Json> => {
    const wanted = handlesIn(value)
    if (wanted.length === 0) return value
    for (const blob of wanted) {
      if (loaded.has(blob.sha256) || !fits(blob, bytes)) continue
      bytes += blob.size
      loaded.set(blob.sha256, await load(await read(blobs, run, blob.sha256)))
    }
    return replaceHandles(value, ({ sha256 }) => loaded.get(sha256))
  }
  return load
}

const tooLarge = (size: number, bytesMax: number) =>
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
    if (error instanceof TreadleError) throw error // Of whoever gives the content.
    if (error instanceof BlobError) {
      throw new TreadleError('invalid_request', `A large value cannot be loaded: ${error.message}`, { cause: error })
    }
    const how = isStoreFull(error) ? 'is full' : 'cannot be reached'
    throw new TreadleError('unavailable', `The store of large values ${how}.`, { cause: error })
  }
}
