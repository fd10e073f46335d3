import { createHash } from 'node:crypto'
import { type Translation, translate } from './translate.ts'
import type { TranslateOptions } from './translate-options.ts'

export type TranslateCache = {
  /** As `translate`; a document that was translated before costs one hash of its bytes. Without a spec: see `buildSpec`. */
  translate(document: string | Uint8Array, options?: Omit<TranslateOptions, 'run'>): Translation
}

/**
 * Remembers the last `entriesMax` translations by the SHA-256 of their text. `optionsKey` tells apart what else the result
 * depends on (models, functions, limits, workflows): whoever changes those changes the key.
 */
export function createTranslateCache({
  entriesMax = 200,
  optionsKey = () => '',
}: {
  entriesMax?: number
  optionsKey?: (options: Omit<TranslateOptions, 'run'>) => string
} = {}): TranslateCache {
  const entries = new Map<string, Translation>()
  return {
    translate(document, options = {}) {
      const hash = createHash('sha256').update(document).digest('base64')
      const key = `${hash} ${options.format ?? ''} ${optionsKey(options)}`
      const known = entries.get(key)
      // Put to the end, so that the one used least recently is at the front.
      entries.delete(key)
      const result = known ?? translate(document, options)
      entries.set(key, result)
      const [oldest] = entries.keys()
      if (entries.size > entriesMax && oldest !== undefined) entries.delete(oldest)
      return result
    },
  }
}
