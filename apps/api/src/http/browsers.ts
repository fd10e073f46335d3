import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import type { FastifyInstance } from 'fastify'
import fastifyPlugin from 'fastify-plugin'

export type BrowsersOptions = {
  /** Origins whose pages may call the API; none: no page of another origin may. */
  corsOrigins: readonly string[]
}

/** Headers of ours that a page of another origin may read. */
const EXPOSED = [
  'ETag',
  'Idempotent-Replayed',
  'Location',
  'Preference-Applied',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'Traceparent',
  'WWW-Authenticate',
  'X-Request-Id',
]

const PREFLIGHT_KEPT_S = 600

/** What browsers are told: nothing of an answer is run, framed or guessed at, and other origins have to be on the list. */
export const browsers = fastifyPlugin<BrowsersOptions>(
  async (app: FastifyInstance, { corsOrigins }) => {
    await app.register(helmet, {
      contentSecurityPolicy: {
        useDefaults: false,
        directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      },
      crossOriginResourcePolicy: { policy: corsOrigins.length > 0 ? 'cross-origin' : 'same-origin' },
      referrerPolicy: { policy: 'no-referrer' },
    })
    if (corsOrigins.length === 0) return
    await app.register(cors, {
      origin: [...corsOrigins],
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      // Named one by one: `*` does not cover Authorization.
      allowedHeaders: [
        'Accept',
        'Authorization',
        'Content-Type',
        'Idempotency-Key',
        'If-Match',
        'If-None-Match',
        'Last-Event-ID',
        'Prefer',
        'Range',
        'Traceparent',
        'X-Namespace', // Temporal's UI, of the codec endpoint.
        'X-Request-Id',
      ],
      exposedHeaders: EXPOSED,
      credentials: false,
      maxAge: PREFLIGHT_KEPT_S,
      strictPreflight: true,
    })
  },
  { name: 'browsers', dependencies: ['request-context'] },
)
