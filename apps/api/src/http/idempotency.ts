import { randomUUID } from 'node:crypto'
import type { Json, TenantId } from '@treadle/contract'
import type { IdempotencyKey, RunStore, StoredResponse } from '@treadle/storage'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { crashPoint } from '../crash-points.ts'
import { canonicalJson, sha256 } from './canonical-json.ts'
import { problem } from './problem.ts'

/** The header of every POST that creates or changes something. */
export const IDEMPOTENCY_HEADERS = {
  type: 'object',
  properties: {
    'idempotency-key': {
      type: 'string',
      pattern: '^[\\x21-\\x7e]{1,255}$',
      description:
        'Makes the request safe to repeat for 24 hours: the same key and body give the first answer again, with `Idempotent-Replayed: true`.',
      examples: ['6f1c1a52-6d0c-4f5e-9c8e-3c2b4f1f7a10'],
    },
  },
} as const

/** The request's key as it is stored, never in plain; undefined where it has none. `"k"`, as the draft writes it, is `k`. */
export function idempotencyKeyOf(request: FastifyRequest, body: unknown = request.body): IdempotencyKey | undefined {
  const sent = request.headers['idempotency-key']
  if (typeof sent !== 'string') return undefined
  const key = /^"(.+)"$/.exec(sent)?.[1] ?? sent
  const { method } = request
  const path = pathOf(request)
  return { method, path, keySha256: sha256(key), fingerprint: sha256(method, path, canonicalJson(body ?? null)) }
}

const pathOf = (request: FastifyRequest): string => request.url.split('?')[0] ?? ''

/** A key whose process died is free after this time; one that lives renews it. */
const LEASE_MS = 5_000
const RENEW_MS = 1_500

type KeyKeeper = Pick<RunStore, 'claimKey' | 'renewKey' | 'rememberAnswer' | 'forgetKey'>

/** Names the effect of a keyed request, so that whoever it is told to twice can tell; a new name where there is no key. */
export const effectIdOf = (key: IdempotencyKey | undefined): string =>
  key ? sha256(key.method, key.path, key.keySha256) : randomUUID()

/**
 * Executes `effect` once for the request's key and sends its answer; again, the same answer. Where `effect` throws, it
 * had none, and the key is free again. Where the process dies in it nobody knows, and it is executed again: so an effect has to be one that
 * does no harm when it is told twice under the name of `effectIdOf`.
 */
export async function answerOnce(
  runs: KeyKeeper,
  request: FastifyRequest,
  reply: FastifyReply,
  effect: (key: IdempotencyKey | undefined) => Promise<StoredResponse>,
) {
  const { tenant } = request
  const key = idempotencyKeyOf(request, { query: request.query as Json, body: (request.body ?? null) as Json })
  if (!key) return sendStored(reply, await effect(undefined))

  const claim = await runs.claimKey(tenant, key, LEASE_MS)
  crashPoint('key.claimed')
  if (claim.outcome === 'replayed') return sendStored(reply, claim.response, true)
  if (claim.outcome !== 'first') throw refusedKey(claim.outcome)
  return sendStored(reply, await executeOnce(runs, tenant, key, () => effect(key)))
}

/**
 * Sends the answer of an effect that is done, and does no harm when it is done again; again, the first answer. `body`: what stands for the
 * request's body.
 */
export async function answerDone(
  runs: Pick<RunStore, 'claimAnswered'>,
  request: FastifyRequest,
  reply: FastifyReply,
  answer: StoredResponse,
  body: unknown,
) {
  const key = idempotencyKeyOf(request, body)
  const claim = key ? await runs.claimAnswered(request.tenant, key, answer) : ({ outcome: 'first' } as const)
  if (claim.outcome === 'replayed') return sendStored(reply, claim.response, true)
  if (claim.outcome !== 'first') throw refusedKey(claim.outcome)
  return sendStored(reply, answer)
}

async function executeOnce(
  runs: KeyKeeper,
  tenant: TenantId,
  key: IdempotencyKey,
  effect: () => Promise<StoredResponse>,
): Promise<StoredResponse> {
  const renewing = setInterval(() => runs.renewKey(tenant, key, LEASE_MS).catch(() => {}), RENEW_MS)
  try {
    const answer = await effect().catch(async (error) => {
      await runs.forgetKey(tenant, key).catch(() => {}) // Its lease ends by itself; the first error is the one to tell.
      throw error
    })
    await runs.rememberAnswer(tenant, key, answer)
    crashPoint('key.answered')
    return answer
  } finally {
    clearInterval(renewing)
  }
}

/** Why a key gets no answer. */
export const refusedKey = (outcome: 'mismatch' | 'in-progress') =>
  outcome === 'mismatch'
    ? problem('idempotency-mismatch', 'This Idempotency-Key was sent before with another request: use a new key.')
    : problem('idempotency-conflict', 'The first request with this Idempotency-Key is still being executed.')

export const sendStored = (reply: FastifyReply, answer: StoredResponse, isReplay = false) =>
  reply
    .code(answer.status)
    .headers({ ...answer.headers, ...(isReplay && { 'idempotent-replayed': 'true' }) })
    .send(answer.body)
