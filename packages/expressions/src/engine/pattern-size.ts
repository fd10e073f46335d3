/**
 * How many instructions an RE2 pattern compiles to, at most and roughly, without compiling it: a counted repetition is
 * written out, so that `(.{500}){2}` in ten characters makes a thousand. What is no valid pattern gets some figure.
 */
export function patternSize(pattern: string): number {
  const groups = [{ size: 1, last: 0 }]
  for (const [token] of pattern.matchAll(TOKEN)) {
    const group = groups.at(-1) ?? { size: 1, last: 0 }
    const counts = token.startsWith('{') ? token.match(/\d+/g) : null
    if (counts) {
      group.size += group.last * (Math.max(...counts.map(Number)) - 1)
    } else if (token === '(') {
      groups.push({ size: 1, last: 0 })
    } else if (token === ')' && groups.length > 1) {
      groups.pop()
      addTo(groups.at(-1), group.size + 1)
    } else {
      addTo(group, 1)
    }
  }
  return groups.reduce((sum, { size }) => sum + size, 0)
}

function addTo(group: { size: number; last: number } | undefined, size: number) {
  if (!group) return
  group.size += size
  group.last = size
}

/** An escape, a class, a count, or any one character. */
const TOKEN = /\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{\d+(?:,\d*)?\}|./gs
