import type { Json, TenantId } from '@treadle/contract'
import type { Place, Sealer } from '../sealing/sealer.ts'
import type { StoredMessage, TranscriptProfile } from './types.ts'

/** Whose conversation it is. */
export type Conversation = { tenant: TenantId; run: string; agent: string }

const placeOf = ({ tenant, run, agent }: Conversation, message: { path?: string | null }): Place => ({
  tenant,
  run,
  path: message.path ?? agent,
})

/** What was said is sealed; who says it, and which calls there are, Postgres reads. */
export const sealMessage = (sealer: Sealer, of: Conversation, message: StoredMessage): StoredMessage =>
  mapContents(message, (value) => sealer.seal(placeOf(of, message), value))

/** @throws SealedError */
export const openMessage = <Message extends StoredMessage>(
  sealer: Sealer,
  of: Conversation,
  message: Message,
): Message => mapContents(message, (value) => sealer.open(placeOf(of, message), value))

export const sealProfile = (sealer: Sealer, of: Conversation, profile: TranscriptProfile): Json =>
  sealer.seal(placeOf(of, {}), profile as unknown as Json)

/** @throws SealedError */
export const openProfile = (sealer: Sealer, of: Conversation, profile: Json): TranscriptProfile =>
  sealer.open(placeOf(of, {}), profile) as unknown as TranscriptProfile

function mapContents<Message extends StoredMessage>(message: Message, change: (value: Json) => Json): Message {
  const { content, toolCalls } = message
  return {
    ...message,
    ...(content !== undefined && { content: change(content as Json) }),
    ...(toolCalls && {
      toolCalls: toolCalls.map((call) => ({ ...call, arguments: change(call.arguments) as string })),
    }),
  }
}
