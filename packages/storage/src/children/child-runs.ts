import type { Json, Path, Plan, RunId, RunRef, Time } from '@treadle/contract'
import type { Pool } from 'pg'
import { sealPlan } from '../sealing/documents.ts'
import { NO_SEALER, type Sealer } from '../sealing/sealer.ts'

/** `node`: the path that waits for its end; absent where none does. */
export type NewChild = { id: RunId; node?: Path; input: Json } & (
  | { plan: Plan; planHash: string }
  /** A stored workflow, by version or label. */
  | { workflow: { name: string; version: string } }
)

export type ChildInserted =
  /** `plan`: of a stored workflow, in the version that the child keeps. */
  | { outcome: 'stored'; createdAt: Time; plan?: Plan }
  /** There is no such workflow. */
  | { outcome: 'not-found' }
  /** The parent has its last event: it starts nothing more. */
  | { outcome: 'ended' }
  /** A run of this id is there that is no child of this parent. */
  | { outcome: 'taken' }

/** Stores runs that nodes of other runs start; see routines/5_children.sql. */
export type ChildRuns = {
  /** A repeat finds what is there. */
  insert(parent: RunRef, child: NewChild): Promise<ChildInserted>
}

/** `pool`: connections of a login in `treadle_worker`. */
export const createChildRuns = ({ pool, sealer = NO_SEALER }: { pool: Pool; sealer?: Sealer }): ChildRuns => ({
  async insert(parent, child) {
    const { plan, planHash } = 'plan' in child ? child : { plan: undefined, planHash: null }
    const { name, version } = 'workflow' in child ? child.workflow : { name: plan?.name, version: null }
    const values = [
      parent.tenant,
      parent.id,
      child.node ?? null,
      child.id,
      JSON.stringify(sealer.seal({ tenant: parent.tenant, run: child.id }, child.input ?? null)),
      planHash,
      plan ? sealPlan(sealer, parent.tenant, plan) : null,
      name,
      version,
    ]
    const { rows } = await pool.query<{ answer: Answer }>({ name: 'treadle insert child', text: INSERT, values })
    const answer = rows[0]?.answer
    if (!answer) throw new TypeError('treadle.insert_child gave no answer.')
    if ('error' in answer) return { outcome: answer.error }
    const found = answer.plan && (sealer.open({ tenant: parent.tenant }, answer.plan) as unknown as Plan)
    return { outcome: 'stored', createdAt: answer.createdAt, ...(found && { plan: found }) }
  },
})

type Answer = { error: 'not-found' | 'ended' | 'taken' } | { createdAt: Time; plan?: Json }

const INSERT = `select treadle.insert_child(
  $1::text, $2::text, $3::text, $4::text, $5::json, $6::text, $7::json, $8::text, $9::text) as answer`
