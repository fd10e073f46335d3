import type { Range } from '@treadle/contract'
import type { TranslateLimits } from '../limits.ts'
import { checkValues } from './check-values.ts'
import { readJson } from './json-reader.ts'
import { createLineIndex, type Place, type Places, type Span } from './places.ts'
import { type Pointer, parentOf } from './pointer.ts'
import type { Problem } from './problem.ts'
import { readYaml } from './yaml-reader.ts'

export type SourceFormat = 'json' | 'yaml'

/** A place in the document: the value at `path`, or its key, or a part of a text (offsets in UTF-16 units of the text). */
export type Spot = { path: Pointer; at?: 'key' | 'value'; part?: { offset: number; length: number } }

/** A document as it was given, read. `value` is undefined when it could not be read. */
export type Source = {
  value: unknown
  problems: Problem[]
  /** The text, when one was given. */
  text: string | undefined
  /** Lines and columns of a place; undefined when no text was given. */
  locate(spot: Spot): Range | undefined
  /** Lines and columns of a part of the text itself. */
  range(span: Span): Range | undefined
}

/**
 * Reads a document: a text of JSON or YAML, its bytes, or a value that was read already.
 * Without `format`, a text that begins with `{` is JSON and any other is YAML.
 */
export function readSource(document: unknown, format: SourceFormat | undefined, limits: TranslateLimits): Source {
  if (typeof document !== 'string' && !(document instanceof Uint8Array)) {
    return { ...withoutText, value: document, problems: checkValues(document, limits, true) }
  }
  const text = typeof document === 'string' ? document : decode(document)
  if (text === undefined) {
    return { ...withoutText, problems: [{ code: 'invalid-text', path: '', message: 'the bytes are not UTF-8' }] }
  }
  const actual = format ?? (/^\ufeff?\s*[{[]/.test(text) ? 'json' : 'yaml')
  const tooLong = checkLength(text, actual, limits)
  if (tooLong) return { ...withoutText, problems: [tooLong] }
  return readText(text, actual, limits)
}

const withoutText: Source = {
  value: undefined,
  problems: [],
  text: undefined,
  locate: () => undefined,
  range: () => undefined,
}

function readText(text: string, format: SourceFormat, limits: TranslateLimits): Source {
  const read = format === 'json' ? readJson : readYaml
  const { value, problems } = read(text, limits)
  const checked = value === undefined ? [] : checkValues(value, limits, false)

  let places: Places | undefined
  let toRange: ((span: Span) => Range) | undefined
  const range = (span: Span) => {
    toRange ??= createLineIndex(text)
    return toRange(span)
  }
  const locate = (spot: Spot) => {
    if (!places) {
      places = new Map()
      read(text, limits, places)
    }
    const span = spanOf(spot, places, text)
    return span && range(span)
  }
  const isNew = ({ code, path }: Problem) => !problems.some((other) => other.code === code && other.path === path)
  return { value, problems: [...problems, ...checked.filter(isNew)], text, locate, range }
}

/** The place itself, or the nearest one around it that the text has. */
function spanOf({ path, at, part }: Spot, places: Places, text: string): Span | undefined {
  let place: Place | undefined
  let nearest = path
  for (;;) {
    place = places.get(nearest)
    if (place || nearest === '') break
    nearest = parentOf(nearest)
  }
  if (!place) return undefined
  if (nearest !== path) return place.key ?? place.value
  if (at === 'key' && place.key) return place.key
  return part ? (partOf(place.value, part, text) ?? place.value) : place.value
}

/** A part of a text keeps its place only where the text stands in the source letter for letter. */
function partOf(value: Span, part: { offset: number; length: number }, text: string): Span | undefined {
  const raw = text.slice(value.start, value.end)
  const quote = raw[0] === '"' || raw[0] === "'" ? 1 : 0
  const inner = raw.slice(quote, raw.length - quote)
  if (
    /[\\\n\r]/.test(inner) ||
    raw[0] === '|' ||
    raw[0] === '>' ||
    (quote === 1 && inner.includes(`${raw[0]}${raw[0]}`))
  ) {
    return undefined
  }
  const start = value.start + quote + part.offset
  return { start, end: Math.min(start + Math.max(1, part.length), value.end - quote) }
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function checkLength(text: string, format: SourceFormat, limits: TranslateLimits): Problem | undefined {
  const max = format === 'json' ? limits.sourceBytes : Math.min(limits.sourceBytes, limits.yamlBytes)
  if (text.length * 3 <= max) return undefined
  const bytes = new TextEncoder().encode(text).length
  if (bytes <= max) return undefined
  const message = `the document has ${bytes} bytes; as ${format === 'json' ? 'JSON' : 'YAML'} it may have ${max}`
  return { code: 'too-large', path: '', message }
}
