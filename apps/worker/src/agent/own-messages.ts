import type { ModelTurnWork } from '@treadle/contract'
import type { StoredMessage } from '@treadle/storage'
import { repairMessage } from '../model/repair-message.ts'

/** What the turn adds to the conversation before the model is asked: results of tools first, as the protocol wants them. */
export function ownMessages({ results = [], input, repair }: ModelTurnWork): StoredMessage[] {
  return [
    ...results.map((result): StoredMessage => ({ role: 'tool', ...result })),
    ...(input === undefined ? [] : [{ role: 'user' as const, content: input }]),
    ...(repair === undefined ? [] : [repairMessage(repair)]),
  ]
}
