import type { FastifyReply, FastifyRequest } from 'fastify'
import { sha256 } from './canonical-json.ts'
import { problem } from './problem.ts'

/** A strong tag of what a GET answers: another answer, another tag. */
export const etagOf = (answer: unknown): string => `"${sha256(JSON.stringify(answer)).slice(0, 32)}"`

/** RFC 9110 §13.1.2: says whether the client has this answer already. `*` is any answer. Tags are compared weakly. */
export const hasAlready = (request: FastifyRequest, etag: string): boolean =>
  tagsOf(request.headers['if-none-match']).some((tag) => tag === '*' || tag.replace(/^W\//, '') === etag)

/** Sends `answer` with its tag, or 304 where the client has it. */
export function sendTagged(request: FastifyRequest, reply: FastifyReply, answer: object, cacheControl: string) {
  const etag = etagOf(answer)
  reply.headers({ etag, 'cache-control': cacheControl })
  return hasAlready(request, etag) ? reply.code(304).send() : reply.send(answer)
}

/**
 * RFC 9110 §13.2.2, for a request that changes something: `If-Match` wants the tag that a GET has now (tags are compared strongly),
 * `If-None-Match: *` wants nothing to be there yet. `etag`: undefined where nothing is.
 */
export function mayChange(request: FastifyRequest, etag: string | undefined): boolean {
  const wanted = request.headers['if-match']
  if (wanted !== undefined) return etag !== undefined && tagsOf(wanted).some((tag) => tag === '*' || tag === etag)
  return request.headers['if-none-match'] === undefined || etag === undefined || !hasAlready(request, etag)
}

export const changedSince = (etag: string | undefined) =>
  problem('precondition-failed', 'It is not as If-Match or If-None-Match wants it: get it again, and decide anew.', {
    headers: etag === undefined ? {} : { etag },
  })

const tagsOf = (header: string | undefined): string[] => (header ?? '').split(',').map((tag) => tag.trim())

export const IF_NONE_MATCH = { type: 'string', maxLength: 1_000, description: 'An `ETag` that was seen.' } as const

/** The headers of a request that changes something. */
export const CHANGE_HEADERS = {
  type: 'object',
  properties: {
    'if-match': {
      type: 'string',
      maxLength: 1_000,
      description: 'The `ETag` that `GET` gave: it is changed only if nobody changed it meanwhile.',
    },
    'if-none-match': { type: 'string', maxLength: 1_000, description: '`*`: it is made only if it is not there.' },
  },
} as const

export const ETAG = { ETag: { description: 'Changes with it.', type: 'string' } } as const
