import type { TenantId } from '@treadle/contract'
import type { KeyStore } from '@treadle/storage'
import { looksLikeApiKey, secretHash } from './api-key.ts'
import type { VerifiedToken } from './json-web-tokens.ts'
import { remember } from './remember.ts'
import { isScope, type Scope } from './scopes.ts'

/** Who asks. */
export type Principal = {
  tenant: TenantId
  /** Of a key its id, of a token its subject: for logs. */
  name: string
  scopes: ReadonlySet<Scope>
}

/** A key that was revoked is refused this long later at the latest. */
const REMEMBERED_MS = 10_000

/** Who a bearer token belongs to; undefined where it is none of ours, or no longer good. */
export function createFindPrincipal({
  keys,
  verifyToken,
}: {
  keys: Pick<KeyStore, 'find'>
  verifyToken: ((token: string) => Promise<VerifiedToken | undefined>) | undefined
}): (token: string) => Promise<Principal | undefined> {
  const keyOf = remember((sha256) => keys.find(sha256), { forMs: REMEMBERED_MS })
  return async (token) => {
    if (looksLikeApiKey(token)) {
      const found = await keyOf(secretHash(token))
      return found && { tenant: found.tenant, name: found.id, scopes: new Set(found.scopes.filter(isScope)) }
    }
    const verified = await verifyToken?.(token)
    return verified && { tenant: verified.tenant, name: verified.subject, scopes: verified.scopes }
  }
}
