/** Deeper values are refused: what comes after (validators, expressions, other languages) walks them by recursion. */
const DEPTH_MAX = 100
/** Longer ones no program writes; they would be held. */
const NUMBER_LENGTH_MAX = 1_000
/** `$blob` with every character escaped, and then some. */
const KEY_LENGTH_MAX = 64

/** Why a text is not the JSON of a value that may come from outside. */
export class JsonTextError extends Error {
  override readonly name = 'JsonTextError'
}

type TextState = 'string' | 'escape' | 'hex' | 'number' | 'literal'
type State = TextState | 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'colon' | 'after'

const TEXT_STATES = new Set<State>(['string', 'escape', 'hex', 'number', 'literal'])
const isTextState = (state: State): state is TextState => TEXT_STATES.has(state)

const [TAB, NEWLINE, RETURN, SPACE, QUOTE, COMMA, COLON, BACKSLASH, LOWER_U] = [9, 10, 13, 32, 34, 44, 58, 92, 117]
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125]
const ESCAPES = new Set([...'"\\/bfnrt'].map((letter) => letter.charCodeAt(0)))
const LITERALS: Record<string, string> = { t: 'true', f: 'false', n: 'null' }
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/

/**
 * Passes a JSON text on unchanged, piece by piece, and fails with JsonTextError as soon as it is none, or one that may not come from outside:
 * the key `$blob`, which would pass for a handle of ours; integers that would be rounded; more than 100 levels. Holds no more than a key or
 * a number, whatever the size. What it cannot see is a key that comes twice: readers take the last one.
 */
export async function* checkedJson(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const check = createJsonCheck()
  for await (const piece of source) {
    check.push(piece)
    yield piece
  }
  check.end()
}

/** @throws JsonTextError from either method */
export function createJsonCheck(): { push(piece: Uint8Array): void; end(): void } {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const isObject: boolean[] = []
  let state: State = 'value'
  let isKey = false
  /** Of a key, a number or a literal, as far as it has come. */
  let held = ''
  let hexLeft = 0
  let offset = 0

  const fail = (what: string, at: number): never => {
    throw new JsonTextError(`${what} at byte ${offset + at}`)
  }

  const open = (kind: 'object' | 'list', at: number) => {
    if (isObject.length === DEPTH_MAX) fail(`is nested more than ${DEPTH_MAX} levels deep`, at)
    isObject.push(kind === 'object')
    state = kind === 'object' ? 'key-or-end' : 'value-or-end'
  }
  const close = (kind: 'object' | 'list', at: number) => {
    if (isObject.pop() !== (kind === 'object')) fail('is not JSON', at)
    state = 'after'
  }
  const startString = (key: boolean) => {
    isKey = key
    held = ''
    state = 'string'
  }
  const endString = (at: number) => {
    if (isKey && held.length <= KEY_LENGTH_MAX && JSON.parse(`"${held}"`) === '$blob')
      fail('has the key "$blob", which is reserved for stored values,', at)
    state = isKey ? 'colon' : 'after'
  }
  const hold = (byte: number) => {
    if (isKey && held.length <= KEY_LENGTH_MAX) held += String.fromCharCode(byte)
  }
  const startValue = (byte: number, at: number) => {
    held = String.fromCharCode(byte)
    if (byte === QUOTE) startString(false)
    else if (byte === OPEN_OBJECT) open('object', at)
    else if (byte === OPEN_LIST) open('list', at)
    else if (held === '-' || (held >= '0' && held <= '9')) state = 'number'
    else if (held in LITERALS) state = 'literal'
    else fail('is not JSON', at)
  }
  const endNumber = (at: number) => {
    const value = Number(held)
    if (!NUMBER.test(held)) fail('is not JSON', at)
    if (!Number.isFinite(value)) fail('has a number that JSON cannot hold', at)
    if (/^-?\d+$/.test(held) && !Number.isSafeInteger(value))
      fail('has an integer beyond 2^53 - 1, which would be rounded: send it as a string,', at)
    state = 'after'
  }

  // What each state makes of its next byte.
  const inText: Record<TextState, (byte: number, at: number) => void> = {
    string(byte, at) {
      if (byte === QUOTE) endString(at)
      else if (byte < SPACE) fail('is not JSON', at)
      else {
        hold(byte)
        if (byte === BACKSLASH) state = 'escape'
      }
    },
    escape(byte, at) {
      hold(byte)
      if (byte === LOWER_U) hexLeft = 4
      else if (!ESCAPES.has(byte)) fail('is not JSON', at)
      state = byte === LOWER_U ? 'hex' : 'string'
    },
    hex(byte, at) {
      if (!/[0-9a-fA-F]/.test(String.fromCharCode(byte))) fail('is not JSON', at)
      hold(byte)
      hexLeft -= 1
      if (hexLeft === 0) state = 'string'
    },
    number(byte, at) {
      if (isNumberByte(byte)) {
        held += String.fromCharCode(byte)
        if (held.length > NUMBER_LENGTH_MAX) fail('has a number of more than 1,000 digits', at)
      } else {
        endNumber(at)
        step(byte, at)
      }
    },
    literal(byte, at) {
      held += String.fromCharCode(byte)
      const whole = LITERALS[held.charAt(0)] ?? ''
      if (!whole.startsWith(held)) fail('is not JSON', at)
      if (held === whole) state = 'after'
    },
  }
  const between: Record<Exclude<State, TextState>, (byte: number, at: number) => void> = {
    value: startValue,
    'value-or-end': (byte, at) => (byte === CLOSE_LIST ? close('list', at) : startValue(byte, at)),
    key: (byte, at) => (byte === QUOTE ? startString(true) : fail('is not JSON', at)),
    'key-or-end': (byte, at) => (byte === CLOSE_OBJECT ? close('object', at) : between.key(byte, at)),
    colon(byte, at) {
      if (byte !== COLON) fail('is not JSON', at)
      state = 'value'
    },
    after(byte, at) {
      if (byte === CLOSE_OBJECT) close('object', at)
      else if (byte === CLOSE_LIST) close('list', at)
      else if (byte !== COMMA || isObject.length === 0) fail('is not JSON', at)
      else state = isObject.at(-1) ? 'key' : 'value'
    },
  }
  const step = (byte: number, at: number): void => {
    if (isTextState(state)) inText[state](byte, at)
    else if (byte !== SPACE && byte !== NEWLINE && byte !== RETURN && byte !== TAB) between[state](byte, at)
  }

  return {
    push(piece) {
      try {
        utf8.decode(piece, { stream: true })
      } catch {
        throw new JsonTextError('is not UTF-8')
      }
      for (let at = 0; at < piece.length; at++) {
        // Most bytes of a large value are plain text in a string.
        if (state === 'string' && !isKey) {
          while (at < piece.length && isPlain(piece[at] as number)) at++
          if (at === piece.length) break
        }
        step(piece[at] as number, at)
      }
      offset += piece.length
    },
    end() {
      if (state === 'number') endNumber(0)
      if (state !== 'after' || isObject.length > 0) fail('is not JSON: it ends', 0)
      try {
        utf8.decode()
      } catch {
        throw new JsonTextError('is not UTF-8')
      }
    },
  }
}

const isNumberByte = (byte: number) =>
  (byte >= 48 && byte <= 57) || byte === 43 || byte === 45 || byte === 46 || byte === 69 || byte === 101

const isPlain = (byte: number) => byte !== QUOTE && byte !== BACKSLASH && byte >= SPACE
