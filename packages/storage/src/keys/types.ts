import type { RunId, TenantId, Time } from '@treadle/contract'

/** What the API asks before it knows whose request it is. */
export type KeyStore = {
  /** Who the key of this hash belongs to, and what it may; undefined where there is none that is good now. */
  find(secretSha256: string): Promise<{ id: string; tenant: TenantId; scopes: string[] } | undefined>
  /** Stores a ticket for the stream of one run. */
  addTicket(ticket: { tenant: TenantId; runId: RunId; sha256: string; validMs: number }): Promise<{ expiresAt: Time }>
  /** undefined: there is none of this hash, or it is over. */
  findTicket(sha256: string): Promise<{ tenant: TenantId; runId: RunId } | undefined>
  /** How many requests a minute the tenant may send, where that is said of it. */
  requestsAMinute(tenant: TenantId): Promise<number | undefined>
  /** Takes up to `wanted` of the `most` requests that a tenant may send in this minute, whichever process counts them. */
  takeRequests(tenant: TenantId, wanted: number, most: number): Promise<RequestPermits>
}

/** `granted`: to whoever took them; 0: the minute has no more. `rest`: what nobody has taken. `endsMs`: until the minute is over. */
export type RequestPermits = { granted: number; rest: number; endsMs: number }

/** A key as people see it: never the secret. */
export type ApiKeyRow = {
  id: string
  tenant: TenantId
  name: string
  scopes: string[]
  createdAt: Time
  expiresAt?: Time
  revokedAt?: Time
  /** To the minute. */
  lastUsedAt?: Time
}

export type NewApiKey = {
  id: string
  tenant: TenantId
  name: string
  secretSha256: string
  scopes: readonly string[]
  /** From now; undefined: for ever. */
  validMs: number | undefined
}

/** For operators: needs a login that owns the tables. The services' own cannot see a key. */
export type KeyAdmin = {
  add(key: NewApiKey): Promise<ApiKeyRow>
  get(id: string): Promise<ApiKeyRow | undefined>
  /** Of one tenant, or of all; the oldest first. */
  list(tenant?: TenantId): Promise<ApiKeyRow[]>
  /** Ends a key after `afterMs` at the latest; says whether it was there, and good. */
  end(id: string, afterMs: number): Promise<boolean>
  /** Sets what a tenant may take; null: what the deployment gives to each. */
  setQuota(tenant: TenantId, quota: { runsAtOnce: number | null; requestsAMinute: number | null }): Promise<void>
}
