const FULL_CODES = new Set(['ENOSPC', 'EDQUOT'])
const INSUFFICIENT_STORAGE = 507

/** Says whether a store could not keep something because it has no room: it can once somebody has made some. */
export function isStoreFull(error: unknown): boolean {
  const { code, $metadata } = (error ?? {}) as { code?: string; $metadata?: { httpStatusCode?: number } }
  return FULL_CODES.has(code ?? '') || $metadata?.httpStatusCode === INSUFFICIENT_STORAGE
}
