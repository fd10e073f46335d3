import { DefaultFailureConverter } from '@temporalio/common'

/** Found by its path, see payload-codec.ts: messages of failures are payloads, which the codec encrypts, and not plain text. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true })
