import { Readable } from 'node:stream'
import type { Blob, Json, Sha256 } from '@treadle/contract'
import {
  BlobError,
  type BlobRefs,
  type BlobStore,
  checkedJson,
  isStoreFull,
  JsonTextError,
  type RunStore,
} from '@treadle/storage'
import type { FastifyPluginAsync, FastifyReply } from 'fastify'
import { crashPoint } from '../crash-points.ts'
import { byteRangeOf } from '../http/byte-range.ts'
import { hasAlready } from '../http/conditions.ts'
import { answerDone, IDEMPOTENCY_HEADERS } from '../http/idempotency.ts'
import { problem } from '../http/problem.ts'
import { answer, problemAnswers, ref } from '../openapi/refs.ts'

/** Of one upload. */
const BLOB_BYTES_MAX = 1024 * 1024 * 1024
/** Whoever sends nothing for so long has gone. */
const STALL_MS = 30_000

type Parts = {
  blobs: BlobStore
  blobRefs: Pick<BlobRefs, 'touch'>
  runs: Pick<RunStore, 'claimAnswered'>
  blobBytesMax?: number
}

/** Large values in and out, as streams: memory stays the same, whatever their size. */
export const blobRoutes: FastifyPluginAsync<Parts> = async (
  app,
  { blobs, blobRefs, runs, blobBytesMax = BLOB_BYTES_MAX },
) => {
  // Of this plugin alone: the body is passed on as it comes.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', (_request, payload, done) => done(null, payload))

  app.post<{ Body: AsyncIterable<Uint8Array> }>(
    '/blobs',
    {
      bodyLimit: blobBytesMax,
      config: { streamsBody: true },
      schema: {
        operationId: 'putBlob',
        tags: ['blobs'],
        summary: 'Send a large value',
        description:
          'Takes JSON of up to 1 GiB. `{ "blob": sha256 }` then stands for it in an input; what nothing refers to within a day is swept. The same bytes again give the same answer.',
        headers: IDEMPOTENCY_HEADERS,
        response: {
          201: answer('Its name.', ref('common.v1', 'Blob'), {
            Location: { description: 'Where it is.', type: 'string' },
          }),
          ...problemAnswers(
            'malformed-request',
            'idempotency-conflict',
            'too-large',
            'unsupported-media-type',
            'idempotency-mismatch',
          ),
        },
      },
    },
    async (request, reply) => {
      const { tenant, raw } = request
      raw.setTimeout(STALL_MS, () => raw.destroy(new Error('Nothing came for long.')))
      let blob: Blob
      try {
        const content = checkedJson(bounded(request.body ?? nothing(), blobBytesMax))
        blob = await blobs.put(tenant, content, { named: (named) => blobRefs.touch(tenant, [named]) })
      } catch (error) {
        throw toProblem(error)
      }
      crashPoint('blob.stored')
      // What was sent is known by its hash alone, and so only now. To store it again does no harm.
      const stored = { status: 201, body: blob as unknown as Json, headers: { location: `/blobs/${blob.sha256}` } }
      return answerDone(runs, request, reply, stored, blob.sha256)
    },
  )

  app.get<{ Params: { sha256: Sha256 } }>(
    '/blobs/:sha256',
    {
      schema: {
        operationId: 'getBlob',
        tags: ['blobs'],
        summary: 'Get a large value, or a part of it',
        description:
          'What `ref` names: JSON. The whole is checked against its name while it is sent, and broken off where it does not fit; a part cannot be checked.',
        params: { type: 'object', required: ['sha256'], properties: { sha256: ref('common.v1', 'Sha256') } },
        headers: {
          type: 'object',
          properties: {
            range: { type: 'string', maxLength: 200, description: 'One range of bytes.', examples: ['bytes=0-1023'] },
            'if-none-match': { type: 'string', maxLength: 1_000 },
            'if-range': { type: 'string', maxLength: 200 },
          },
        },
        response: {
          200: { description: 'The value.', content: { 'application/json': { schema: {} } } },
          206: { description: 'The part.', content: { 'application/json': { schema: {} } } },
          304: { description: 'You have it.', type: 'null' },
          ...problemAnswers('malformed-request', 'not-found', 'invalid-range'),
        },
      },
    },
    async (request, reply) => {
      const { tenant } = request
      const { sha256 } = request.params
      const etag = `"${sha256}"`
      reply.headers({ etag, 'cache-control': 'private, max-age=31536000, immutable', 'accept-ranges': 'bytes' })
      if (hasAlready(request, etag)) return reply.code(304).send()
      const size = await blobs.size(tenant, sha256).catch(outage)
      if (size === undefined) throw notFound(sha256)
      const ifRange = request.headers['if-range']
      const range = ifRange === undefined || ifRange === etag ? byteRangeOf(request.headers.range, size) : undefined
      if (range === 'unsatisfiable')
        throw problem('invalid-range', `The blob has ${size} bytes.`, {
          headers: { 'content-range': `bytes */${size}` },
        })
      reply.header('content-length', range ? range.end - range.start + 1 : size)
      if (range) reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${size}`)
      if (request.method === 'HEAD') return sendJson(reply, Readable.from([]))
      return sendJson(reply, await blobs.get(tenant, sha256, range ? { range } : {}).catch(outage))
    },
  )
}

const sendJson = (reply: FastifyReply, body: unknown) =>
  reply.headers({ 'content-type': 'application/json; charset=utf-8', 'x-content-type-options': 'nosniff' }).send(body)

/** Fails as soon as there is more, whatever the request said of its length. */
async function* bounded(source: AsyncIterable<Uint8Array>, bytesMax: number): AsyncGenerator<Uint8Array, void, void> {
  let bytes = 0
  for await (const piece of source) {
    bytes += piece.byteLength
    if (bytes > bytesMax) throw problem('too-large', `A blob has at most ${bytesMax} bytes.`)
    yield piece
  }
}

async function* nothing(): AsyncGenerator<Uint8Array, void, void> {}

function toProblem(error: unknown): Error {
  if (error instanceof JsonTextError) return problem('malformed-request', `The body ${error.message}.`)
  if (isStoreOutage(error)) return problem('dependency-unavailable', howDown(error), { cause: error })
  return error as Error
}

/** What is neither ours nor the client's going away. */
const isStoreOutage = (error: unknown) =>
  error instanceof Error && error.name !== 'ProblemAnswer' && (error as { code?: string }).code !== 'ECONNRESET'

function outage(error: unknown): never {
  if (error instanceof BlobError && error.code === 'missing') throw problem('not-found', 'There is no such blob.')
  if (error instanceof BlobError) throw problem('internal', error.message, { cause: error })
  throw problem('dependency-unavailable', howDown(error), { cause: error })
}

const howDown = (error: unknown) => `The blob store ${isStoreFull(error) ? 'is full' : 'cannot be reached'}.`

const notFound = (sha256: Sha256) => problem('not-found', `There is no blob ${sha256}.`)
