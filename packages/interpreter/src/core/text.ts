import { isHandle, type Json } from '@treadle/contract'
import { canonicalJson } from '@treadle/expressions'

/** As it stands in a text: a string is itself, anything else its RFC 8785 JSON. A handle stays one, for the worker to load. */
export const textOf = (value: Json): Json =>
  typeof value === 'string' || isHandle(value) ? value : canonicalJson(value)
