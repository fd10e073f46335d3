/** The number of Unicode code points. */
export function codePoints(text: string): number {
  let count = 0
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    const next = unit >= 0xd800 && unit <= 0xdbff ? text.charCodeAt(index + 1) : 0
    if (next >= 0xdc00 && next <= 0xdfff) index++
    count++
  }
  return count
}
