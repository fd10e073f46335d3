import type { ToolSpec } from '@treadle/contract'
import type { Pool } from 'pg'
import { persistentQuery } from '../database/persist.ts'
import type { Transcript, Transcripts } from './types.ts'

/** `pool`: connections of a login in `treadle_worker`. */
export const createTranscripts = ({ pool }: { pool: Pool }): Transcripts => ({
  read({ run, agent, turn }, own, signal) {
    const values = [run.tenant, run.id, agent, turn, JSON.stringify(own)]
    return persistentQuery<Transcript>(pool, { name: 'treadle read transcript', text: READ, values }, signal)
  },
  write({ run, agent, turn, path, attempt }, { messages, profile }, signal) {
    const json = [JSON.stringify(messages), profile === undefined ? null : JSON.stringify(profile)]
    const values = [run.tenant, run.id, path, attempt, agent, turn, ...json]
    return persistentQuery<boolean>(pool, { name: 'treadle write turn', text: WRITE, values }, signal)
  },
  pinTools(run, server, listed, signal) {
    const values = [run.tenant, run.id, server, listed === undefined ? null : JSON.stringify(listed)]
    return persistentQuery<ToolSpec[] | null>(pool, { name: 'treadle pin tools', text: PIN, values }, signal)
  },
})

const READ = 'select treadle.read_transcript($1, $2, $3, $4, $5::json) as value'
const WRITE = 'select treadle.write_turn($1, $2, $3, $4, $5, $6, $7::json, $8::json) as value'
const PIN = 'select treadle.pin_tools($1, $2, $3, $4::json) as value'
