import { DEFAULT_TENANT, type TenantId } from '@treadle/contract'
import type { KeyStore } from '@treadle/storage'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { problem } from '../http/problem.ts'
import { secretHash } from './api-key.ts'
import type { Principal } from './principal.ts'
import { accessOf } from './scopes.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose data the request may see: from its key, its token or its ticket alone, never from what it says. */
    tenant: TenantId
  }
}

export type AuthenticationOptions = {
  /** undefined: there are no keys, which only an API on a loopback address may do. */
  findPrincipal: ((token: string) => Promise<Principal | undefined>) | undefined
  keys: Pick<KeyStore, 'findTicket'>
  /** Told of each request that was refused; may refuse it in another way. */
  onRefused?: (request: FastifyRequest) => Promise<void>
}

/** Who asks, before anything else of the request is looked at. */
export const authentication = fastifyPlugin<AuthenticationOptions>(
  async (app: FastifyInstance, { findPrincipal, keys, onRefused }) => {
    app.decorateRequest('tenant', DEFAULT_TENANT)

    app.addHook('onRequest', async (request) => {
      const access = accessOf({ method: request.method, config: request.routeOptions.config })
      if (access === 'public') return
      if (!findPrincipal) return refuseStrangeHost(request)

      const ticketTenant = await tenantOfTicket(request)
      if (ticketTenant !== undefined) {
        request.tenant = ticketTenant
        return
      }
      const token = bearerToken(request)
      const principal = token === undefined ? undefined : await findPrincipal(token)
      if (!principal) {
        await onRefused?.(request)
        throw unauthenticated(token)
      }
      request.tenant = principal.tenant
      request.log = request.log.child({ tenant: principal.tenant, caller: principal.name })
      if (request.is404 || principal.scopes.has(access)) return
      throw problem('forbidden', `This needs the scope ${access}.`)
    })

    async function tenantOfTicket(request: FastifyRequest): Promise<TenantId | undefined> {
      const { ticket } = request.query as { ticket?: unknown }
      if (!request.routeOptions.config?.takesTicket || typeof ticket !== 'string') return undefined
      const found = await keys.findTicket(secretHash(ticket))
      return found?.runId === (request.params as { runId?: string }).runId ? found?.tenant : undefined
    }
  },
  { name: 'authentication', dependencies: ['request-context', 'problems'] },
)

/** RFC 6750. One header, one token: where there are two, nobody can say which one was meant. */
function bearerToken({ headers }: FastifyRequest): string | undefined {
  const { authorization } = headers
  return /^Bearer ([\x21-\x7e]{1,8192})$/i.exec(authorization ?? '')?.[1]
}

function unauthenticated(token: string | undefined) {
  return token === undefined
    ? problem('unauthenticated', 'Send an API key as "Authorization: Bearer …".', {
        headers: { 'www-authenticate': 'Bearer realm="treadle"' },
      })
    : problem('unauthenticated', 'This key or token is not known, or no longer good.', {
        headers: { 'www-authenticate': 'Bearer realm="treadle", error="invalid_token"' },
      })
}

const LOOPBACK_NAME = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i

/** Without keys a page that a browser loaded from elsewhere could reach the port by a name of its own (DNS rebinding). */
function refuseStrangeHost({ headers }: FastifyRequest): void {
  if (headers.host === undefined || LOOPBACK_NAME.test(headers.host)) return
  throw problem('forbidden', 'Without API keys only localhost and loopback addresses are answered.')
}
