import type { TenantId } from '@treadle/contract'
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose'
import { problem } from '../http/problem.ts'
import { isScope, type Scope } from './scopes.ts'

export type TokenOptions = {
  /** Where the issuer publishes its keys. */
  jwksUrl: string
  issuer: string
  audience: string
  /** The claim that names the tenant. */
  tenantClaim: string
}

/** Signatures that only the issuer can make. No `none`, and no HMAC, whose key would be the public one. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']
/** A stolen token is good for an hour at most, whatever its issuer says. */
const AGE_MAX = '1h'
const CLOCK_TOLERANCE_S = 5
const TENANT = /^[a-z0-9][a-z0-9-]{0,62}$/

export type VerifiedToken = { tenant: TenantId; subject: string; scopes: Set<Scope> }

/**
 * Reads JSON Web Tokens of one issuer. undefined for one that is not good: forged, too old, for somebody else, or of no tenant.
 * @throws ProblemAnswer `dependency-unavailable` when the issuer's keys cannot be fetched
 */
export function createVerifyToken({ jwksUrl, issuer, audience, tenantClaim }: TokenOptions) {
  const keys = createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: 3_000, cooldownDuration: 30_000 })
  return async (token: string): Promise<VerifiedToken | undefined> => {
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms: ALGORITHMS,
        issuer,
        audience,
        maxTokenAge: AGE_MAX,
        requiredClaims: ['exp', 'sub'],
        clockTolerance: CLOCK_TOLERANCE_S,
      })
      const tenant = payload[tenantClaim]
      if (typeof tenant !== 'string' || !TENANT.test(tenant)) return undefined
      return { tenant, subject: String(payload.sub), scopes: scopesOf(payload) }
    } catch (error) {
      if (isOutage(error)) {
        throw problem('dependency-unavailable', 'The keys of the issuer of tokens cannot be fetched.', { cause: error })
      }
      return undefined
    }
  }
}

/** RFC 8693 `scope`, a text of words; some issuers send the list `scp`. */
function scopesOf({ scope, scp }: JWTPayload): Set<Scope> {
  const words = typeof scope === 'string' ? scope.split(' ') : Array.isArray(scp) ? scp.map(String) : []
  return new Set(words.filter(isScope))
}

/** What is wrong with a token is an error of jose; what is wrong on the way to the keys is its timeout, or not one of its own. */
const isOutage = (error: unknown): boolean =>
  error instanceof errors.JWKSTimeout ||
  !(error instanceof errors.JOSEError) ||
  (error.code === 'ERR_JOSE_GENERIC' && /JSON Web Key Set/.test(error.message))
