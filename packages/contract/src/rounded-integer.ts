const LONG_NUMBER = /[0-9]{16}/
const TOKENS = /"(?:[^"\\]|\\.)*"|-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/g

/**
 * The first integer of a JSON text beyond 2^53 - 1, which `JSON.parse` would round in silence; undefined where there is none. An id that
 * has changed is worse than an error.
 */
export function findRoundedInteger(json: string): string | undefined {
  if (!LONG_NUMBER.test(json)) return undefined
  for (const [token] of json.matchAll(TOKENS)) {
    if (/^-?[0-9]+$/.test(token) && !Number.isSafeInteger(Number(token))) return token
  }
  return undefined
}
