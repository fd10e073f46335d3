import rateLimitPlugin from '@fastify/rate-limit'
import type { KeyStore } from '@treadle/storage'
import type { FastifyInstance, FastifyReply } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { problem } from '../http/problem.ts'
import { type Counted, createCountRequests } from './count-requests.ts'
import { remember } from './remember.ts'
import { accessOf } from './scopes.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Counts a request whose caller is not known. @throws ProblemAnswer `rate-limited` */
    refuseTooManyRefusals(request: FastifyRequest): Promise<void>
  }
}

export type RateLimitOptions = {
  /** Of each tenant that has no quota of its own; undefined: no limit. */
  requestsAMinute: number | undefined
  /** What is said of a tenant itself, and what it has sent. */
  keys: Pick<KeyStore, 'requestsAMinute' | 'takeRequests'>
}

const MINUTE_MS = 60_000
/** Requests without a good key, a minute and an address: enough for a person with a typo, too few for guessing. */
const REFUSALS_MAX = 60
const QUOTA_REMEMBERED_MS = 10_000
const UNLIMITED = Number.MAX_SAFE_INTEGER

/**
 * Requests a minute: of a tenant over all processes, of an address without a good key in each. Told in the fields of
 * draft-ietf-httpapi-ratelimit-headers-10.
 */
export const rateLimit = fastifyPlugin<RateLimitOptions>(
  async (app: FastifyInstance, { requestsAMinute, keys }) => {
    await app.register(rateLimitPlugin, { global: false })
    const quota = remember(async (tenant) => (await keys.requestsAMinute(tenant)) ?? requestsAMinute ?? UNLIMITED, {
      forMs: QUOTA_REMEMBERED_MS,
    })
    const countRequest = createCountRequests({ take: keys.takeRequests })
    const countRefusal = app.createRateLimit({
      timeWindow: MINUTE_MS,
      keyGenerator: ({ ip }) => `address ${ip}`,
      max: REFUSALS_MAX,
    })

    app.decorate('refuseTooManyRefusals', async (request) => {
      const counted = await countRefusal(request)
      if (!counted.isAllowed && counted.isExceeded) throw tooMany('requests without a good key', counted)
    })

    app.addHook('onRequest', async (request, reply) => {
      if (accessOf({ method: request.method, config: request.routeOptions.config }) === 'public') return
      const most = (await quota(request.tenant)) ?? UNLIMITED
      if (most === UNLIMITED) return
      const counted = await countRequest(request.tenant, most)
      tell(reply, counted)
      if (counted.isExceeded) throw tooMany('requests of this tenant', counted)
    })
  },
  { name: 'rate-limit', dependencies: ['authentication'] },
)

function tell(reply: FastifyReply, { max, remaining, ttlInSeconds }: Counted): void {
  reply.headers({
    'ratelimit-policy': `"requests";q=${max};w=${MINUTE_MS / 1_000}`,
    ratelimit: `"requests";r=${remaining};t=${ttlInSeconds}`,
  })
}

const tooMany = (what: string, { max, ttlInSeconds }: Pick<Counted, 'max' | 'ttlInSeconds'>) =>
  problem('rate-limited', `There were more than ${max} ${what} within a minute.`, {
    headers: { 'retry-after': String(ttlInSeconds) },
  })
