import type { Json } from '@treadle/contract'
import { mapStrings } from '../values/map-strings.ts'
import { createPrefixTracker } from './prefix-tracker.ts'
import { formsOf } from './secret-forms.ts'

/**
 * Keeps the values of secrets out of everything that leaves an execution. A value, in any of its forms, becomes `[secret NAME]`.
 * What is added later is known to every text that comes after it.
 */
export type Redactor = {
  add(name: string, value: string): void
  text(text: string): string
  /** Every string in it, keys too. The value itself where nothing was found. */
  json<T>(value: T): T
  /** For text that comes in pieces: a secret that is cut in two is found too. */
  stream(): TextStream
}

/** `push` gives what may be shown by now; `end` gives the rest. */
export type TextStream = { push(piece: string): string; end(): string }

export function createRedactor(secrets: Record<string, string> = {}): Redactor {
  const names = new Map<string, string>()
  let pattern: RegExp | undefined
  let newTracker = createPrefixTracker([])

  const add = (name: string, value: string) => {
    const fresh = formsOf(value).filter((form) => form.length > 0 && !names.has(form))
    if (fresh.length === 0) return
    for (const form of fresh) names.set(form, name)
    // The longest first: a secret that begins with another one is replaced whole.
    const forms = [...names.keys()].sort((a, b) => b.length - a.length)
    pattern = new RegExp(forms.map(escapePattern).join('|'), 'g')
    newTracker = createPrefixTracker(forms)
  }
  for (const [name, value] of Object.entries(secrets)) add(name, value)

  const text = (from: string) =>
    pattern === undefined ? from : from.replace(pattern, (form) => `[secret ${names.get(form)}]`)

  return {
    add,
    text,
    json(value) {
      if (pattern === undefined || JSON.stringify(value)?.search(pattern) === -1) return value
      return mapStrings(value as Json, text) as typeof value
    },
    stream: () => createTextStream(() => pattern, newTracker(), text),
  }
}

function createTextStream(
  pattern: () => RegExp | undefined,
  tracker: ReturnType<ReturnType<typeof createPrefixTracker>>,
  redact: (text: string) => string,
): TextStream {
  let held = ''
  return {
    push(piece) {
      const hold = tracker.advance(piece)
      const all = held + piece
      const cut = safeCut(all, all.length - hold, pattern())
      held = all.slice(cut)
      return redact(all.slice(0, cut))
    },
    end() {
      const rest = redact(held)
      held = ''
      return rest
    },
  }
}

/** Where the text may be cut: not within a match, and not between the halves of a surrogate pair. */
function safeCut(text: string, cut: number, pattern: RegExp | undefined): number {
  let at = cut
  if (pattern && at < text.length) {
    for (const { index, 0: match } of text.matchAll(pattern)) {
      if (index < at && index + match.length > at) at = index
    }
  }
  const last = at > 0 ? text.charCodeAt(at - 1) : 0
  return last >= 0xd800 && last < 0xdc00 ? at - 1 : at
}

const escapePattern = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
