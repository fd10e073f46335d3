import type { Access } from '../auth/scopes.ts'
import { problemAnswers } from './refs.ts'

export const SECURITY_SCHEMES = {
  key: {
    type: 'http',
    scheme: 'bearer',
    description:
      'An API key (`tk_…`), or a JSON Web Token of the configured issuer. An API on a loopback address may do without.',
  },
  ticket: {
    type: 'apiKey',
    in: 'query',
    name: 'ticket',
    description: 'From `POST /runs/{runId}/stream-tickets`: for this one stream, for a short time.',
  },
} as const

type Schema = { description?: string; response?: Record<string, { description: string }> }

/** What a route says of who may call it, and what is answered to those who may not. */
export function withAccess(schema: Schema, access: Access, takesTicket: boolean): object {
  if (access === 'public') return { ...schema, security: [] }
  const refused = problemAnswers('unauthenticated', 'forbidden', 'rate-limited', 'overloaded')
  const response = { ...schema.response }
  for (const [status, answer] of Object.entries(refused) as [string, { description: string }][]) {
    const own = response[status]
    const sentences = new Set(`${own?.description ?? ''} ${answer.description}`.trim().split(/(?<=\.) (?=[A-Z])/))
    response[status] = { ...answer, description: [...sentences].join(' ') }
  }
  return {
    ...schema,
    description: `${schema.description === undefined ? '' : `${schema.description} `}Scope: \`${access}\`.`,
    security: [{ key: [] }, ...(takesTicket ? [{ ticket: [] }] : [])],
    response,
  }
}
