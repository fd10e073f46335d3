import type { Json, RunId, TenantId } from '@treadle/contract'
import type { PoolClient } from 'pg'
import { openMessage, openProfile, sealMessage, sealProfile } from '../agents/sealed-messages.ts'
import type { StoredMessage } from '../agents/types.ts'
import type { Sealer } from '../sealing/sealer.ts'

const ROWS_AT_ONCE = 200

type Row = { key: string; agent: string | null; value: Json }
/** A table that was copied, with what to do with a value that is sealed for the run `from`. */
type Copied = { table: string; column: string; agent: string; reseal: (row: Row) => Json }

/**
 * Conversations are copied by Postgres, and what is sealed in them is sealed for the other run: this seals it for the new one. In the
 * transaction that made the copies, so that nobody else sees them before. @throws SealedError
 */
export async function resealTranscripts(
  client: PoolClient,
  sealer: Sealer,
  { tenant, from, to }: { tenant: TenantId; from: RunId; to: RunId },
): Promise<void> {
  const of = (run: RunId, agent: string | null) => ({ tenant, run, agent: agent ?? '' })
  const copied: Copied[] = [
    {
      table: 'transcripts',
      column: 'message',
      agent: 'agent',
      reseal: ({ agent, value }) => {
        const message = openMessage(sealer, of(from, agent), value as unknown as StoredMessage)
        return sealMessage(sealer, of(to, agent), message) as unknown as Json
      },
    },
    {
      table: 'transcript_profiles',
      column: 'profile',
      agent: 'agent',
      reseal: ({ agent, value }) => sealProfile(sealer, of(to, agent), openProfile(sealer, of(from, agent), value)),
    },
    {
      table: 'pinned_tools',
      column: 'tools',
      agent: 'null::text',
      reseal: ({ value }) => sealer.seal({ tenant, run: to }, sealer.open({ tenant, run: from }, value)),
    },
  ]
  for (const { table, column, agent, reseal } of copied) {
    const { rows } = await client.query<Row>(
      `select ctid::text as key, ${agent} as agent, ${column} as value from treadle.${table}
      where tenant = $1 and run_id = $2 and ${column}::text like '%{"$blob":{"sealed":%'`,
      [tenant, to],
    )
    for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
      const some = rows.slice(at, at + ROWS_AT_ONCE)
      const values = [tenant, to, some.map(({ key }) => key), some.map((row) => JSON.stringify(reseal(row)))]
      await client.query(
        `update treadle.${table} t set ${column} = n.value::json from unnest($3::text[], $4::text[]) as n(key, value)
        where t.tenant = $1 and t.run_id = $2 and t.ctid = n.key::tid`,
        values,
      )
    }
  }
}
