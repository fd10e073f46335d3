import type { Json, ToolSpec } from '@treadle/contract'
import type { Pool } from 'pg'
import { persistentQuery } from '../database/persist.ts'
import { sharedStatement } from '../database/shared-statement.ts'
import { NO_SEALER, type Sealer } from '../sealing/sealer.ts'
import { openMessage, openProfile, sealMessage, sealProfile } from './sealed-messages.ts'
import type { StoredMessage, TranscriptKey, Transcripts } from './types.ts'

/** `pool`: connections of a login in `treadle_worker`. */
export const createTranscripts = ({ pool, sealer = NO_SEALER }: { pool: Pool; sealer?: Sealer }): Transcripts => ({
  async read(key, own, signal) {
    const { run, agent, turn } = key
    const values = [run.tenant, run.id, agent, turn, JSON.stringify(own)]
    const query = sharedStatement('treadle read transcript', values)
    const { profile, messages } = await persistentQuery<StoredTranscript>(pool, query, signal)
    const conversation = conversationOf(key)
    return {
      profile: profile === null ? null : openProfile(sealer, conversation, profile),
      messages: messages.map((message) => {
        const { path, ...opened } = openMessage(sealer, conversation, message)
        return opened
      }),
    }
  },
  write({ run, agent, turn, path, attempt }, { messages, profile }, signal) {
    const conversation = conversationOf({ run, agent })
    const sealed = messages.map((message) => sealMessage(sealer, conversation, message))
    const json = [
      JSON.stringify(sealed),
      profile === undefined ? null : JSON.stringify(sealProfile(sealer, conversation, profile)),
    ]
    const values = [run.tenant, run.id, path, attempt, agent, turn, ...json]
    return persistentQuery<boolean>(pool, sharedStatement('treadle write turn', values), signal)
  },
  async pinTools(run, server, listed, signal) {
    const place = { tenant: run.tenant, run: run.id }
    const sealed = listed === undefined ? null : JSON.stringify(sealer.seal(place, listed as unknown as Json))
    const query = sharedStatement('treadle pin tools', [run.tenant, run.id, server, sealed])
    const pinned = await persistentQuery<Json>(pool, query, signal)
    return sealer.open(place, pinned) as unknown as ToolSpec[] | null
  },
})

type StoredTranscript = { profile: Json; messages: StoredMessage[] }

const conversationOf = ({ run, agent }: Pick<TranscriptKey, 'run' | 'agent'>) => ({
  tenant: run.tenant,
  run: run.id,
  agent,
})
