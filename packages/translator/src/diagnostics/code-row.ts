/** A kind of finding. `docs/diagnostics.md` has a section for each row, made from it. */
export type CodeRow = {
  /** An error stops the document; a warning does not. */
  severity: 'error' | 'warning'
  /** A few words. */
  title: string
  /** What it means and why it matters, in a few sentences. */
  explanation: string
  /** What to do, unless the finding knows better. */
  hint: string
  /** A smallest document that gives this finding and no error besides. */
  wrong: string
  /** JSON Pointer of the finding in it. */
  at: string
  /** The same document, corrected. */
  right: string
  /** Options of the translation without which the finding cannot be. */
  options?: Record<string, unknown>
}

/** A small document; the sections say what matters. */
export const document = (rest: string): string => `ir: treadle/v1\nname: example\n${rest.trim()}\n`

/** A model, for documents that need one. */
export const MODEL = `models:\n  fast: { provider: openai, model: gpt-5-mini }\n`
