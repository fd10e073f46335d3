import { crashAt } from '@treadle/contract/crash'

/** The steps of a request between which tests let the API die. */
export type CrashPoint =
  | 'run.checked'
  | 'run.stored'
  | 'run.told'
  | 'run.marked'
  | 'key.claimed'
  | 'key.answered'
  | 'cancel.flagged'
  | 'cancel.told'
  | 'terminate.told'
  | 'terminate.closed'
  | 'pause.flagged'
  | 'pause.told'
  | 'resume.flagged'
  | 'resume.told'
  | 'signal.checked'
  | 'signal.kept'
  | 'signal.sent'
  | 'signal.received'
  | 'workflow.checked'
  | 'workflow.stored'
  | 'label.moved'
  | 'blob.stored'

export const crashPoint = (point: CrashPoint): void => crashAt?.(point)
