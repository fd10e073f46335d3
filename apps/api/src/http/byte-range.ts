import type { ByteRange } from '@treadle/storage'

/**
 * The one range that a `Range` header asks for of `size` bytes (RFC 9110 §14.2). undefined: the whole, also where it asks for several or
 * cannot be read, as the RFC allows; `unsatisfiable`: it asks for nothing that is there.
 */
export function byteRangeOf(
  header: string | undefined,
  size: number,
): { start: number; end: number } | undefined | 'unsatisfiable' {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined
  const range: Required<ByteRange> =
    first === ''
      ? { start: Math.max(0, size - Number(last)), end: size - 1 }
      : { start: Number(first), end: last === '' ? size - 1 : Math.min(Number(last), size - 1) }
  if (last !== '' && first !== '' && Number(last) < Number(first)) return undefined
  return range.start >= size || (first === '' && Number(last) === 0) ? 'unsatisfiable' : range
}
