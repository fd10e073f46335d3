import type { Json, TenantId } from '@treadle/contract'
import type { IdempotencyKey, RunStore, StoredResponse } from '@treadle/storage'
import type { FastifyReply, FastifyRequest } from 'fastify'
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

/**
 * Executes `effect` once for the request's key and sends its answer; again, the same answer. Where `effect` throws, it
 * had none, and the key is free again.
 */
export async function answerOnce(
  runs: Pick<RunStore, 'claimKey' | 'rememberAnswer' | 'forgetKey'>,
  request: FastifyRequest,
  reply: FastifyReply,
  effect: (key: IdempotencyKey | undefined) => Promise<StoredResponse>,
) {
  const { tenant } = request
  const key = idempotencyKeyOf(request, { query: request.query as Json, body: (request.body ?? null) as Json })
  if (!key) return sendStored(reply, await effect(undefined))

  const claim = await runs.claimKey(tenant, key)
  if (claim.outcome === 'replayed') return sendStored(reply, claim.response, true)
  if (claim.outcome !== 'first') throw refusedKey(claim.outcome)
  return sendStored(reply, await executeOnce(runs, tenant, key, () => effect(key)))
}

async function executeOnce(
  runs: Pick<RunStore, 'rememberAnswer' | 'forgetKey'>,
  tenant: TenantId,
  key: IdempotencyKey,
  effect: () => Promise<StoredResponse>,
): Promise<StoredResponse> {
  let answer: StoredResponse
  try {
    answer = await effect()
  } catch (error) {
    await runs.forgetKey(tenant, key).catch(() => {}) // Its lease ends by itself; the first error is the one to tell.
    throw error
  }
  await runs.rememberAnswer(tenant, key, answer)
  return answer
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
