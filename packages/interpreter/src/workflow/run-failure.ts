import { ApplicationFailure, DefaultFailureConverter, defaultPayloadConverter } from '@temporalio/common'
import type { ErrorInfo } from '@treadle/contract'

/** How a run that failed ends in Temporal. With encryption also the message is a payload: Temporal's own field for it is plain text. */
export function runFailure(info: ErrorInfo, isEncrypted: boolean): ApplicationFailure {
  const { type, message } = info
  const failure = ApplicationFailure.create({ type, message, nonRetryable: true, details: [info] })
  if (isEncrypted) {
    const converter = new DefaultFailureConverter({ encodeCommonAttributes: true })
    failure.failure = converter.errorToFailure(failure, defaultPayloadConverter)
  }
  return failure
}
