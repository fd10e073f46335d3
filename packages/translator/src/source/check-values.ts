import type { TranslateLimits } from '../limits.ts'
import { tooLarge } from './json-reader.ts'
import { child, type Pointer } from './pointer.ts'
import type { Problem } from './problem.ts'

const HALF_PAIR = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/
const SURROGATE = /[\ud800-\udfff]/

/**
 * Checks what every document has to hold to, read from a text or given as a value: that it is JSON, within its bounds,
 * that its texts can be written as UTF-8, and that no key is one which means something to the machine.
 * `isParsed` is for a value whose text is unknown: there an integer beyond 2^53 − 1 may have changed already.
 */
export function checkValues(root: unknown, limits: TranslateLimits, isParsed: boolean): Problem[] {
  if (isClean(root, limits, isParsed)) return []
  const problems: Problem[] = []
  let count = 0

  const walk = (value: unknown, pointer: Pointer, depth: number): void => {
    if (++count > limits.values || problems.length >= limits.findings) return
    if (value === null || typeof value === 'boolean') return
    if (typeof value === 'string') checkText(value, pointer)
    else if (typeof value === 'number') checkNumber(value, pointer)
    else if (typeof value !== 'object') {
      problems.push({ code: 'syntax', path: pointer, message: `JSON has no ${typeof value}` })
    } else if (depth >= limits.depth) {
      const message = `objects and lists are more than ${limits.depth} deep inside each other`
      problems.push({ code: 'too-deep', path: pointer, message })
    } else if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index++) walk(value[index], child(pointer, index), depth + 1)
    } else {
      for (const key of Object.keys(value)) {
        const path = child(pointer, key)
        if (RESERVED.has(key)) problems.push({ code: 'reserved-key', path, message: `the key "${key}" is not taken` })
        checkText(key, path)
        walk((value as Record<string, unknown>)[key], path, depth + 1)
      }
    }
  }

  const checkText = (text: string, path: Pointer): void => {
    if (!SURROGATE.test(text) || !HALF_PAIR.test(text)) return
    const message = 'a text holds half of a surrogate pair, which UTF-8 cannot carry'
    problems.push({ code: 'invalid-text', path, message })
  }

  const checkNumber = (value: number, path: Pointer): void => {
    if (Number.isFinite(value) && !(isParsed && Number.isInteger(value) && !Number.isSafeInteger(value))) return
    problems.push({ code: 'number-too-large', path, message: tooLarge(String(value)) })
  }

  walk(root, '', 0)
  if (count > limits.values) {
    problems.push({ code: 'too-large', path: '', message: `the document has more than ${limits.values} values` })
  }
  return problems
}

/** `__proto__` reaches the object's prototype in JavaScript; `$blob` marks a stored value, and only we may say so. */
const RESERVED = new Set(['__proto__', '$blob'])

/** The same question without places, which cost more than all else: asked first, as nearly all documents are clean. */
function isClean(root: unknown, { depth: depthMax, values }: TranslateLimits, isParsed: boolean): boolean {
  let left = values
  const isFine = (value: unknown, depth: number): boolean => {
    if (--left < 0) return false
    if (typeof value === 'string') return !SURROGATE.test(value)
    if (typeof value === 'number')
      return isParsed ? Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER : Number.isFinite(value)
    if (value === null || typeof value === 'boolean') return true
    if (typeof value !== 'object' || depth >= depthMax) return false
    if (Array.isArray(value)) return value.every((item) => isFine(item, depth + 1))
    for (const key of Object.keys(value)) {
      if (RESERVED.has(key) || SURROGATE.test(key) || !isFine((value as Record<string, unknown>)[key], depth + 1))
        return false
    }
    return true
  }
  return isFine(root, 0)
}
