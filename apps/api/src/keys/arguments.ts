import { parseArgs } from 'node:util'
import { isScope, SCOPES, type Scope, TENANT_SCOPES } from '../auth/scopes.ts'

export type KeyCommand =
  | { name: 'create'; tenant: string; label: string; scopes: Scope[]; validMs: number | undefined; isOnce: boolean }
  | { name: 'list'; tenant: string | undefined }
  | { name: 'revoke'; id: string }
  | { name: 'rotate'; id: string; graceMs: number; validMs: number | undefined }
  | { name: 'quota'; tenant: string; runsAtOnce: number | null; requestsAMinute: number | null }

export const USAGE = `usage: treadle-keys COMMAND
  create --name NAME [--tenant TENANT] [--scopes ${SCOPES.slice(0, 2).join(',')},…] [--expires 90d] [--once]
  list   [--tenant TENANT]
  revoke ID
  rotate ID [--grace 1d] [--expires 90d]      a new key; the old one is good for the time of grace
  quota  --tenant TENANT [--runs-at-once N] [--requests-a-minute N]
TREADLE_ADMIN_DATABASE_URL names the database, as a login that owns the tables. Without --scopes a key may do everything with what is its tenant's. With
--once none is made where the tenant has a good one of that name.`

const OPTIONS = {
  name: { type: 'string' },
  tenant: { type: 'string' },
  scopes: { type: 'string' },
  expires: { type: 'string' },
  grace: { type: 'string' },
  once: { type: 'boolean' },
  'runs-at-once': { type: 'string' },
  'requests-a-minute': { type: 'string' },
} as const

const DAY_MS = 86_400_000
const TENANT = /^[a-z0-9][a-z0-9-]{0,62}$/

/** @throws Error whose message says what is wrong with the arguments */
export function readArguments(args: readonly string[]): KeyCommand {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
  const [name = '', id = '', ...rest] = positionals
  if (rest.length > 0) throw new Error(`Unexpected: ${rest.join(' ')}`)
  const validMs = values.expires === undefined ? undefined : durationOf('--expires', values.expires)
  const tenant = tenantOf(values.tenant ?? 'default')
  switch (name) {
    case 'create':
      return {
        name,
        tenant,
        label: required('--name', values.name),
        scopes: scopesOf(values.scopes),
        validMs,
        isOnce: values.once ?? false,
      }
    case 'list':
      return { name, tenant: values.tenant === undefined ? undefined : tenant }
    case 'revoke':
      return { name, id: required('ID', id) }
    case 'rotate':
      return { name, id: required('ID', id), graceMs: durationOf('--grace', values.grace ?? '1d'), validMs }
    case 'quota':
      required('--tenant', values.tenant)
      return {
        name,
        tenant,
        runsAtOnce: countOf('--runs-at-once', values['runs-at-once'], 0),
        requestsAMinute: countOf('--requests-a-minute', values['requests-a-minute'], 1),
      }
    default:
      throw new Error(name === '' ? 'Which command?' : `There is no command ${JSON.stringify(name)}.`)
  }
}

function required(what: string, value: string | undefined): string {
  if (!value) throw new Error(`${what} is missing.`)
  return value
}

function tenantOf(tenant: string): string {
  if (!TENANT.test(tenant)) throw new Error(`--tenant has to be of lower-case letters, digits and dashes: ${tenant}`)
  return tenant
}

function scopesOf(text: string | undefined): Scope[] {
  const words = text === undefined ? [...TENANT_SCOPES] : text.split(',').filter(Boolean)
  const unknown = words.filter((word) => !isScope(word))
  if (unknown.length > 0 || words.length === 0) {
    throw new Error(`--scopes has to be some of ${SCOPES.join(', ')}${unknown.length > 0 ? `, not ${unknown}` : ''}.`)
  }
  return words.filter(isScope)
}

const UNITS_MS: Record<string, number> = { m: 60_000, h: 3_600_000, d: DAY_MS }

function durationOf(what: string, text: string): number {
  const [, digits, unit = ''] = /^(\d{1,5})([mhd])$/.exec(text) ?? []
  const ms = Number(digits) * (UNITS_MS[unit] ?? Number.NaN)
  if (Number.isNaN(ms)) throw new Error(`${what} has to be a time such as 30m, 12h or 90d.`)
  return ms
}

function countOf(what: string, text: string | undefined, least: number): number | null {
  if (text === undefined) return null
  const count = Number(text)
  if (!Number.isInteger(count) || count < least || count > 1e9) throw new Error(`${what} has to be a whole number.`)
  return count
}
