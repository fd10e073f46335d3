import { nowMicros } from '../harness/clock.ts'

/**
 * What a prompt asks of the model, as JSON: so many tokens, so fast; 0 is as fast as they are taken. One that is `held` begins with the
 * next `POST /release` to the model.
 */
export type ModelOrder = { tokens: number; perSecond: number; held?: boolean }

/** What an agent's input asks of the model, as JSON: so many turns with one call of `tool`, then an answer. */
export type TurnsOrder = { turns: number; tool: string }

export const isTurnsOrder = (value: unknown): value is TurnsOrder =>
  typeof value === 'object' && value !== null && 'turns' in value && 'tool' in value

export const isModelOrder = (value: unknown): value is ModelOrder =>
  typeof value === 'object' && value !== null && 'tokens' in value && 'perSecond' in value

/** `17@1234567890|`: which token it is, from 0, and when it was sent (microseconds of the shared clock). */
export const stampToken = (index: number): string => `${index}@${nowMicros()}|`

/** Ends a token; occurs nowhere else in a stream's frames. */
export const TOKEN_END = '|'

export type TokenReader = {
  /** Takes the next piece of text, cut anywhere. */
  push(text: string): void
  /** Different tokens that came. */
  readonly count: number
  /** Tokens that came again, or after a later one. */
  readonly repeated: number
}

/** Reads stamped tokens from a text that comes in pieces, and checks that each comes once and in order. */
export function createTokenReader(onToken: (sentMicros: number, index: number) => void): TokenReader {
  let rest = ''
  let expected = 0
  let count = 0
  let repeated = 0
  const take = (token: string) => {
    const at = token.indexOf('@')
    const index = Number(token.slice(0, at))
    if (index < expected) {
      repeated += 1
      return
    }
    count += 1
    expected = index + 1
    onToken(Number(token.slice(at + 1)), index)
  }
  return {
    push(text) {
      const parts = (rest + text).split(TOKEN_END)
      rest = parts.pop() ?? ''
      for (const part of parts) take(part)
    },
    get count() {
      return count
    },
    get repeated() {
      return repeated
    },
  }
}
