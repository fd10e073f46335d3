import type { UnsignedInt } from '@marcbachmann/cel-js/evaluator'
import { format } from './format.ts'
import { decodeJson, encodeJson } from './json-functions.ts'
import { matches } from './patterns.ts'
import { parseSignature } from './signature.ts'
import { text } from './text.ts'
import { duration, durationPart, formatDuration, formatTimestamp, timestamp, timestampPart } from './time.ts'

/**
 * Every function that is not the library's own. Two kinds: what the library lacks, and what it has but not as CEL (or a
 * replay) needs it; those come in place of the library's. `default` and the other macros are in macros.ts.
 */
export interface CelFunction {
  /** `name(params): result`, or `receiver.name(params): result`, in the library's notation. */
  signature: string
  // The library checks arguments against the signature before it calls.
  // biome-ignore lint/suspicious/noExplicitAny: one table for functions of all arguments
  run: (...args: any[]) => unknown
  /** Comes in place of the library's function of that name, whatever its arguments. */
  replaces?: true
}

const TIMESTAMP = 'google.protobuf.Timestamp'
const DURATION = 'google.protobuf.Duration'

export const FUNCTIONS: readonly CelFunction[] = [
  // JSON. Numbers in `decode` are taken by value; integers beyond 2^53 - 1 are an error.
  { signature: 'JsonNamespace.encode(dyn): string', run: (_json, value) => encodeJson(value) },
  { signature: 'JsonNamespace.decode(string): dyn', run: (_json, source) => decodeJson(source) },

  // RE2: linear in the text. The library uses JavaScript's expressions, which may never end.
  { signature: 'string.matches(string): bool', run: matches, replaces: true },
  { signature: 'matches(string, string): bool', run: matches },

  // The strings extension, in code points. The library counts UTF-16 units, lower-cases all of Unicode, or lacks it.
  { signature: 'string.charAt(int): string', run: text.charAt },
  { signature: 'string.contains(string): bool', run: text.contains, replaces: true },
  { signature: 'string.indexOf(string): int', run: text.indexOf, replaces: true },
  { signature: 'string.indexOf(string, int): int', run: text.indexOf, replaces: true },
  { signature: 'string.lastIndexOf(string): int', run: text.lastIndexOf, replaces: true },
  { signature: 'string.lastIndexOf(string, int): int', run: text.lastIndexOf, replaces: true },
  { signature: 'string.substring(int): string', run: text.substring, replaces: true },
  { signature: 'string.substring(int, int): string', run: text.substring, replaces: true },
  { signature: 'string.split(string): list<string>', run: text.split, replaces: true },
  { signature: 'string.split(string, int): list<string>', run: text.split, replaces: true },
  { signature: 'list<string>.join(): string', run: text.join, replaces: true },
  { signature: 'list<string>.join(string): string', run: text.join, replaces: true },
  { signature: 'string.replace(string, string): string', run: text.replace },
  { signature: 'string.replace(string, string, int): string', run: text.replace },
  { signature: 'string.format(list): string', run: format },
  { signature: 'string.trim(): string', run: text.trim, replaces: true },
  { signature: 'string.reverse(): string', run: text.reverse },
  { signature: 'string.lowerAscii(): string', run: text.lowerAscii, replaces: true },
  { signature: 'string.upperAscii(): string', run: text.upperAscii, replaces: true },

  // Time. The library reads the machine's time zone and its tables, so that a replay elsewhere could differ.
  { signature: `timestamp(string): ${TIMESTAMP}`, run: timestamp, replaces: true },
  { signature: `timestamp(int): ${TIMESTAMP}`, run: timestamp, replaces: true },
  { signature: `timestamp(${TIMESTAMP}): ${TIMESTAMP}`, run: timestamp, replaces: true },
  { signature: `duration(string): ${DURATION}`, run: duration, replaces: true },
  { signature: `duration(${DURATION}): ${DURATION}`, run: duration, replaces: true },
  ...Object.entries(durationPart).map(([name, run]) => ({ signature: `${DURATION}.${name}(): int`, run })),
  { signature: `string(${TIMESTAMP}): string`, run: formatTimestamp },
  { signature: `string(${DURATION}): string`, run: formatDuration },
  { signature: 'int(uint): int', run: ({ value }: UnsignedInt) => value },
  { signature: `int(${TIMESTAMP}): int`, run: (time: Date) => BigInt(Math.floor(time.getTime() / 1000)) },
  ...Object.entries(timestampPart).flatMap(([name, run]): CelFunction[] => [
    { signature: `${TIMESTAMP}.${name}(): int`, run, replaces: true },
    { signature: `${TIMESTAMP}.${name}(string): int`, run, replaces: true },
  ]),
]

/** The library's functions that calls may reach. It has a few more (`bytes.json()`), which are not CEL's. */
const LIBRARY_FUNCTIONS =
  'bool bytes double duration dyn int size string timestamp type uint startsWith endsWith has hasValue value or orValue of none'

/** Every function and macro by name, comprehensions aside. */
export const KNOWN_FUNCTIONS: ReadonlySet<string> = new Set([
  ...LIBRARY_FUNCTIONS.split(' '),
  ...FUNCTIONS.map(({ signature }) => parseSignature(signature).name),
  ...['all', 'bind', 'default', 'exists', 'exists_one', 'filter', 'map'],
])
