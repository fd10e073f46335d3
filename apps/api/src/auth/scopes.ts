/** What a key may do. A route needs one of them; what only reads what everybody may read needs none. */
export const SCOPES = [
  'runs:read',
  'runs:write',
  'workflows:read',
  'workflows:write',
  'metrics:read',
  'payloads:read',
] as const

/** What concerns a tenant's own; the others look at the whole deployment, and are for its operators. */
export const TENANT_SCOPES = ['runs:read', 'runs:write', 'workflows:read', 'workflows:write'] as const

export type Scope = (typeof SCOPES)[number]

export const isScope = (text: string): text is Scope => SCOPES.some((scope) => scope === text)

/** `public`: whoever reaches the port may call it. */
export type Access = Scope | 'public'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route. Default: `runs:read` where it only reads, else `runs:write`. */
    access?: Access
    /** A ticket for the run in its path opens it too. */
    takesTicket?: boolean
  }
}

export const accessOf = ({ method, config }: { method: string; config: { access?: Access } | undefined }): Access =>
  config?.access ?? (method === 'GET' || method === 'HEAD' ? 'runs:read' : 'runs:write')
