import type { TenantId } from '@treadle/contract'
import type { KeyStore } from '@treadle/storage'

export type Counted = {
  max: number
  /** What is left of the minute, here and, as far as this process knows, elsewhere. */
  remaining: number
  ttlInSeconds: number
  isExceeded: boolean
}

/** Permits are taken in twentieths of the quota: so many questions a minute and a tenant at most, and so much may lie idle in each process. */
const BATCHES = 20

type Minute = { permits: number; rest: number; ends: number }

/**
 * Counts the requests of tenants against one quota a minute, over all processes: each takes permits in advance and counts those down by
 * itself, so that most requests ask nobody. No more than the quota is let through, whoever counts; what idle processes hold comes off it,
 * a twentieth each at most.
 */
export function createCountRequests({
  take,
  now = () => performance.now(),
}: {
  take: KeyStore['takeRequests']
  now?: () => number
}): (tenant: TenantId, max: number) => Promise<Counted> {
  const minutes = new Map<TenantId, Minute>()
  const asked = new Map<TenantId, Promise<Minute>>()

  const ask = async (tenant: TenantId, max: number): Promise<Minute> => {
    const { granted, rest, endsMs } = await take(tenant, Math.ceil(max / BATCHES), max)
    const minute = { permits: granted, rest, ends: now() + endsMs }
    minutes.set(tenant, minute)
    return minute
  }
  /** Callers at the same time share one question. */
  const askOnce = (tenant: TenantId, max: number): Promise<Minute> => {
    const running = asked.get(tenant) ?? ask(tenant, max).finally(() => asked.delete(tenant))
    asked.set(tenant, running)
    return running
  }

  return async (tenant, max) => {
    for (let minute = minutes.get(tenant); ; minute = await askOnce(tenant, max)) {
      if (!minute || minute.ends <= now()) continue
      const ttlInSeconds = Math.ceil((minute.ends - now()) / 1_000)
      if (minute.permits > 0) {
        minute.permits -= 1
        return { max, remaining: minute.rest + minute.permits, ttlInSeconds, isExceeded: false }
      }
      // All is taken: until the minute is over nobody needs to be asked again.
      if (minute.rest === 0) return { max, remaining: 0, ttlInSeconds, isExceeded: true }
    }
  }
}
