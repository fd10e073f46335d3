import type { Json } from '@treadle/contract'
import { parseDocument } from 'yaml'
import { problem } from './problem.ts'
import { readJson } from './read-json.ts'

/** A document's aliases may not grow it without bound (a billion laughs). The library's own default. */
const ALIASES_MAX = 100
/** Characters of all texts with their aliases put in: one large text, named often, passes ALIASES_MAX. */
const EXPANDED_MAX = 16 * 1024 * 1024

/**
 * The JSON value of a YAML text from outside: one document of YAML 1.2's core schema, held to the same rules as JSON.
 * @throws ProblemAnswer `malformed-request` that names the place.
 */
export function readYaml(text: string): Json {
  const document = orMalformed('It is nested too deeply', () =>
    parseDocument(text, { uniqueKeys: true, intAsBigInt: true, logLevel: 'silent' }),
  )
  const [fault] = [...document.errors, ...document.warnings]
  if (fault) throw malformed(fault.message.split('\n')[0] ?? 'unreadable')
  const value = orMalformed('Its aliases grow it without bound', () => document.toJS({ maxAliasCount: ALIASES_MAX }))
  return readJson(jsonText(value))
}

const malformed = (why: string, cause?: unknown) =>
  problem('malformed-request', `The body cannot be read as YAML: ${why.replace(/[.:]+$/, '')}.`, { cause })

function orMalformed<Value>(why: string, read: () => Value): Value {
  try {
    return read()
  } catch (error) {
    throw malformed(why, error)
  }
}

/** Integers stay digits, so that one that is too large is found and not rounded. */
function jsonText(value: unknown): string {
  const integers: string[] = []
  const mark = `int:${crypto.randomUUID()}:`
  let left = EXPANDED_MAX
  const text = orMalformed('It is too large, too deep, or holds a number that JSON has not', () =>
    JSON.stringify(value ?? null, (key, part) => {
      left -= key.length + (typeof part === 'string' ? part.length : 1)
      if (left < 0) throw new Error('too large')
      if (typeof part === 'number' && !Number.isFinite(part)) throw new Error('not a number of JSON')
      return typeof part === 'bigint' ? `${mark}${integers.push(part.toString()) - 1}` : part
    }),
  )
  return text.replace(new RegExp(`"${mark}(\\d+)"`, 'g'), (_, index) => integers[Number(index)] ?? '0')
}
