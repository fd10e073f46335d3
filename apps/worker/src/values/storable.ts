import type { Json } from '@treadle/contract'
import { mapStrings } from './map-strings.ts'

// Postgres stores neither, and half a pair is no text in other languages.
const UNSTORABLE = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g
/** The same as `JSON.stringify` writes it. May match an innocent backslash: then the slow way finds nothing. */
const UNSTORABLE_JSON = /\\u(0000|d[89a-f])/

/** The text with U+FFFD in the place of NUL and of halves of surrogate pairs. */
export const storableText = (text: string): string => text.replace(UNSTORABLE, '\ufffd')

/** The same for every string of a value; `json` is the value's JSON, so that most values are not walked. */
export const storableValue = (value: Json, json: string): Json =>
  UNSTORABLE_JSON.test(json) ? mapStrings(value, storableText) : value
