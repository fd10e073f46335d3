import { type SecretRef, TreadleError } from '@treadle/contract'
import type { SecretUse } from '../secrets/grants.ts'
import type { Secrets } from '../secrets/secrets.ts'

/** Names in lower case. */
export type ToolHeaders = {
  headers: Record<string, string>
  /** Of these headers: their values are secrets, for the origin that they were given for. */
  credentials: ReadonlySet<string>
}

/** The headers of a tool's request, its secrets resolved. @throws TreadleError where one cannot be sent, or a secret is missing */
export async function resolveHeaders(
  given: { [name: string]: string | SecretRef | undefined },
  { secrets, use }: { secrets: Secrets; use: SecretUse },
): Promise<ToolHeaders> {
  const headers: Record<string, string> = {}
  const credentials = new Set<string>()
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue
    headers[name.toLowerCase()] = await secrets.resolve(value, use)
    if (typeof value !== 'string') credentials.add(name.toLowerCase())
  }
  refuseBadHeaders(headers)
  return { headers, credentials }
}

/** The names and values that HTTP takes; a message of ours never shows a value. */
function refuseBadHeaders(headers: Record<string, string>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(value)) {
      throw new TreadleError('invalid_request', `The header "${name}" has a name or value that HTTP cannot carry.`)
    }
  }
}
