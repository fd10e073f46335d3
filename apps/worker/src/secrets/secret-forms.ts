/** Encoded forms of values shorter than this would match by chance. */
const ENCODED_LENGTH_MIN = 8

/** The texts in which a secret shows itself: as it is, and as JSON, a URL, base64 (at any place in it) and hex would carry it. */
export function formsOf(value: string): string[] {
  const forms = [value, JSON.stringify(value).slice(1, -1)]
  if (value.length >= ENCODED_LENGTH_MIN) {
    forms.push(encodeURIComponent(value), new URLSearchParams([['', value]]).toString().slice(1))
    const bytes = Buffer.from(value)
    forms.push(bytes.toString('hex'))
    for (const offset of [0, 1, 2]) forms.push(base64At(bytes, offset), toUrlAlphabet(base64At(bytes, offset)))
  }
  return [...new Set(forms)]
}

/** The characters of base64 that depend on `bytes` alone where `offset` (mod 3) other bytes stand before them. */
function base64At(bytes: Buffer, offset: number): string {
  const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
  return encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6))
}

const toUrlAlphabet = (base64: string) => base64.replaceAll('+', '-').replaceAll('/', '_')
