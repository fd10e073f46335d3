import { storableText } from '../values/storable.ts'
import type { Redactor, TextStream } from './redactor.ts'

/** Everything up to the closing quote, or to an escape that is not there whole. */
const CONTENT = /[^"\\]*(?:\\(?:u[0-9a-fA-F]{4}|[^u])[^"\\]*)*/y
const ESCAPES = /(?:\\(?:u[0-9a-fA-F]{4}|[^u]))+/g
/** The first half of a pair, of which the second may come with the next piece. */
const HALF_PAIR = /(?<=(?<!\\)(?:\\\\)*)\\u[dD][89abAB][0-9a-fA-F]{2}$/

/**
 * Keeps secrets out of a JSON text that comes in pieces, and what is no text in other languages (NUL, halves of pairs). Only what stands in
 * strings is looked at, keys too, so it stays JSON; escapes are written as `JSON.stringify` would, so that no spelling hides a secret.
 * The text has to be JSON: whoever gives it has checked that.
 */
export function createRedactedJson(redactor: Pick<Redactor, 'text' | 'stream'>): TextStream {
  /** Of the string that was cut by the end of a piece. */
  let string: TextStream | undefined
  let isInString = false
  let held = ''

  return { push, end: () => held }

  function push(piece: string): string {
    const text = held + piece
    held = ''
    let shown = ''
    for (let at = 0; at < text.length; ) {
      if (!isInString) {
        const quote = text.indexOf('"', at)
        if (quote < 0) return shown + text.slice(at)
        shown += text.slice(at, quote + 1)
        isInString = true
        at = quote + 1
      }
      CONTENT.lastIndex = at
      CONTENT.test(text)
      const end = Math.max(at, CONTENT.lastIndex)
      if (text[end] !== '"') return shown + cut(text.slice(at, end), text.slice(end))
      shown += string
        ? string.push(canonical(text.slice(at, end))) + string.end()
        : redactor.text(canonical(text.slice(at, end)))
      shown += '"'
      string = undefined
      isInString = false
      at = end + 1
    }
    return shown
  }

  /** The piece ends within a string. */
  function cut(content: string, rest: string): string {
    const half = HALF_PAIR.exec(content)?.[0] ?? ''
    held = half + rest
    string ??= redactor.stream()
    return string.push(canonical(content.slice(0, content.length - half.length)))
  }
}

const canonical = (content: string): string =>
  content.includes('\\')
    ? content.replace(ESCAPES, (run) => JSON.stringify(storableText(JSON.parse(`"${run}"`))).slice(1, -1))
    : content
