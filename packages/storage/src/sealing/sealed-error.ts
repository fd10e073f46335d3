import { TreadleError } from '@treadle/contract'

/** What is encrypted at rest and cannot be opened. */
export class SealedError extends TreadleError {
  /** Another process may have the key. Otherwise it was changed, and another try gives the same. */
  readonly isKeyMissing: boolean

  constructor(message: string, { isKeyMissing, cause }: { isKeyMissing: boolean; cause: unknown }) {
    super('internal', message, { cause })
    this.isKeyMissing = isKeyMissing
  }
}
