/** A part of a template's string; places in UTF-16 units of the string. */
export type Part =
  | { kind: 'text'; text: string }
  /** The source between `${` and `}`, as it was written, and where it begins. */
  | { kind: 'expression'; source: string; offset: number }
  /** A `${` that no `}` ends. */
  | { kind: 'open'; offset: number }

/** Takes a string of a template apart: text, with `$${` read as `${`, and the sources in `${ … }`. */
export function scanString(string: string): Part[] {
  const parts: Part[] = []
  let text = ''
  let at = 0
  while (at < string.length) {
    const dollar = string.indexOf('$', at)
    if (dollar < 0) break
    text += string.slice(at, dollar)

    if (string.startsWith('$${', dollar)) {
      text += '${'
      at = dollar + 3
    } else if (string.startsWith('${', dollar)) {
      if (text) parts.push({ kind: 'text', text })
      text = ''
      const start = dollar + 2
      const end = endOfExpression(string, start)
      if (end < 0) return [...parts, { kind: 'open', offset: dollar }]
      parts.push({ kind: 'expression', source: string.slice(start, end), offset: start })
      at = end + 1
    } else {
      text += '$'
      at = dollar + 1
    }
  }
  text += string.slice(at)
  return text ? [...parts, { kind: 'text', text }] : parts
}

/** Where the `}` stands that ends the expression begun at `start`: not one of a map, a string or a comment. */
function endOfExpression(string: string, start: number): number {
  let open = 0
  for (let at = start; at < string.length; at++) {
    const char = string[at]
    if (char === '{') open++
    else if (char === '}' && open-- === 0) return at
    else if (char === '"' || char === "'") at = endOfLiteral(string, at, char)
    else if (char === '/' && string[at + 1] === '/') at = endOfLine(string, at)
  }
  return -1
}

/** The last unit of the CEL string that begins at `start`; past the end when nothing ends it. */
function endOfLiteral(string: string, start: number, quote: string): number {
  const mark = string.startsWith(quote.repeat(3), start) ? quote.repeat(3) : quote
  for (let at = start + mark.length; at < string.length; at++) {
    if (string[at] === '\\') at++
    else if (string.startsWith(mark, at)) return at + mark.length - 1
  }
  return string.length
}

function endOfLine(string: string, start: number): number {
  const end = string.indexOf('\n', start)
  return end < 0 ? string.length : end
}
