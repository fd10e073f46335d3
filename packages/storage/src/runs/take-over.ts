import { isHandle, type Json, type Path, type RunId, type TenantId } from '@treadle/contract'
import type { PoolClient } from 'pg'
import { sealData } from '../sealing/seal-data.ts'
import type { Sealer } from '../sealing/sealer.ts'
import { resealTranscripts } from './reseal-transcripts.ts'
import type { NewRun } from './types.ts'

/** Outputs of at most 16 KiB each: what is held at a time stays small. */
const ROWS_AT_ONCE = 200

type Taken = { path: Path; kind: string | null; name: string | null; output: Json }

/**
 * Gives a run that this transaction has stored the outputs that it takes over; false when the run that it forks is gone. The other run's
 * checkpoints up to the fork never change, so they are read without locks.
 */
export async function takeOver(client: PoolClient, sealer: Sealer, tenant: TenantId, run: NewRun): Promise<boolean> {
  const { id, forkedFrom, takesOver } = run
  if (!forkedFrom || !takesOver) return true
  const held = await client.query<{ held: boolean }>('select treadle.hold_run($1, $2, $3) as held', [
    tenant,
    forkedFrom.runId,
    forkedFrom.seq,
  ])
  if (!held.rows[0]?.held) return false
  const { paths, given } = takesOver
  await client.query('select treadle.copy_lineage($1, $2, $3, $4)', [tenant, forkedFrom.runId, id, paths])
  await resealTranscripts(client, sealer, { tenant, from: forkedFrom.runId, to: id })

  for (let at = 0; at < paths.length; at += ROWS_AT_ONCE) {
    const wanted = paths.slice(at, at + ROWS_AT_ONCE)
    const { rows } = await client.query<Taken>(CHECKPOINTS, [tenant, forkedFrom.runId, wanted])
    if (rows.length !== wanted.length) throw new Error(`The run ${forkedFrom.runId} lacks checkpoints that it had.`)
    const opened = rows.map((row) => ({
      ...row,
      output: sealer.open({ tenant, run: forkedFrom.runId, path: row.path }, row.output),
    }))
    await store(client, sealer, { tenant, run: id }, opened)
  }
  for (let at = 0; at < given.length; at += ROWS_AT_ONCE) {
    const rows = given.slice(at, at + ROWS_AT_ONCE).map((row) => ({ ...row, name: null }))
    await store(client, sealer, { tenant, run: id }, rows)
  }
  return true
}

const CHECKPOINTS = `
  select c.path, n.kind, c.name, c.output from treadle.checkpoints c
  join treadle.node_runs n on n.tenant = c.tenant and n.run_id = c.run_id and n.path = c.path
  where c.tenant = $1 and c.run_id = $2 and c.path = any ($3) order by c.seq`

async function store(
  client: PoolClient,
  sealer: Sealer,
  { tenant, run }: { tenant: TenantId; run: RunId },
  rows: readonly Taken[],
): Promise<void> {
  await client.query({
    name: 'treadle take over',
    text: 'select treadle.take_over($1, $2, $3, $4, $5, $6, $7)',
    values: [
      tenant,
      run,
      rows.map(({ path }) => path),
      rows.map(({ kind }) => kind),
      rows.map(({ name }) => name),
      rows.map(({ path, output }) => JSON.stringify(sealer.seal({ tenant, run, path }, output))),
      rows.map((row) => sealData(sealer, { tenant, run, path: row.path }, 'node.reused', reusedData(row))),
    ],
  })
}

/** The data of `node.reused`. */
const reusedData = ({ kind, output }: Taken) => ({
  ...(kind !== null && { kind }),
  ...(isHandle(output) ? { ref: output.$blob } : { output }),
  checkpoint: true,
})
