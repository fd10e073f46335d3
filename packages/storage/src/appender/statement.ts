import type { Json, Usage } from '@treadle/contract'
import { sharedStatement } from '../database/shared-statement.ts'
import { sealData } from '../sealing/seal-data.ts'
import type { Sealer } from '../sealing/sealer.ts'
import type { Batch } from './batch.ts'
import type { EndRef, Refusal } from './types.ts'
import { DEATH, endEffects, outboxEffects, type RowEffects } from './wire-events.ts'

/** What `treadle.append` answers; see routines/2_append.sql. */
export type BatchAnswer = {
  /**
   * Of each run: last seq, outbox applied, cancel requested, pause requested, ended, which limit its own nodes pass, and
   * what it used once it has ended.
   */
  runs: [number, number, boolean, boolean, boolean, Refusal | null, Usage | null][]
  accepted: boolean[] | null
  claims: ({ status: string } & Record<string, Json>)[] | null
}

export type Statement = { name: string; text: string; values: unknown[] }

/** What a batch writes, row by row: JSON as text, and sealed. */
export type BatchRows = ReturnType<typeof toRows>

export function toRows({ runs, attempts, claims }: Batch, sealer: Sealer) {
  const placeOf = (run: number, path?: string) => {
    const ref = runs[run]?.ref
    return { tenant: ref?.tenant ?? '', run: ref?.id ?? '', path }
  }
  return {
    attempts: attempts.map((entry) => {
      const place = placeOf(entry.run, entry.path)
      const effects = entry.end && endEffects(sealer, place, entry.end)
      const events = entry.events.map(({ ordinal, type, data }) => ({
        ordinal,
        type,
        data: sealData(sealer, place, type, data),
      }))
      if (entry.end && effects) events.push({ ordinal: entry.end.ordinal, type: entry.end.type, data: effects.data })
      const { run, path, attempt, end } = entry
      const name = end?.type === 'node.completed' ? end.checkpointName : undefined
      return { run, path, attempt, end, effects, events, name }
    }),
    outbox: runs.flatMap((run, index) =>
      run.outbox.map((event) => ({
        run: index + 1,
        ...event,
        effects: outboxEffects(sealer, placeOf(index, event.node), event),
      })),
    ),
    claims: claims.map(({ run, item: { id, path, request } }) => {
      const { kind, runtime, startedData, after } = request
      const data = sealData(sealer, placeOf(run, path), 'node.started', { kind, runtime, ...startedData })
      return { run, id, path, kind, runtime, data, after }
    }),
  }
}

/** The batch as the one statement that writes it. The same batch gives the same statement, but for what is sealed anew. */
export function toStatement(
  { runs }: Batch,
  { attempts, outbox, claims }: BatchRows,
  notify: 'data' | 'hint',
): Statement {
  const events = attempts.flatMap((entry) => entry.events)
  const effect = (rows: { effects?: RowEffects | undefined }[], name: keyof RowEffects) =>
    rows.map(({ effects }) => effects?.[name] ?? null)

  const values = [
    notify === 'data',
    runs.map(({ ref }) => ref.tenant),
    runs.map(({ ref }) => ref.id),

    attempts.map(({ run }) => run + 1),
    attempts.map(({ path }) => path),
    attempts.map(({ attempt }) => attempt),
    attempts.map((entry) => entry.events.at(-1)?.ordinal ?? 0),
    attempts.map(({ end }) => end?.type ?? null),
    effect(attempts, 'output'),
    effect(attempts, 'error'),
    effect(attempts, 'usage'),
    attempts.map(({ name }) => name ?? null),

    attempts.flatMap((entry, index) => entry.events.map(() => index + 1)),
    events.map(({ ordinal }) => ordinal),
    events.map(({ type }) => type),
    events.map(({ data }) => data),

    outbox.map(({ run }) => run),
    outbox.map(({ n }) => n),
    outbox.map(({ type }) => type),
    outbox.map(({ node }) => node ?? null),
    outbox.map(({ ifOpen }) => ifOpen ?? false),
    effect(outbox, 'data'),
    effect(outbox, 'kind'),
    effect(outbox, 'signal'),
    effect(outbox, 'output'),
    effect(outbox, 'error'),
    effect(outbox, 'usage'),

    claims.map(({ run }) => run + 1),
    claims.map(({ path }) => path),
    claims.map(({ id }) => id),
    claims.map(({ kind }) => kind),
    claims.map(({ runtime }) => runtime),
    claims.map(({ data }) => data),
    DEATH,

    outbox.map(({ after }) => endsOf(after)),
    claims.map(({ after }) => endsOf(after)),
  ]
  return sharedStatement('treadle append', values)
}

/** The text that calls a function of SQL with as many parameters as it has types. */
export const callOf = (name: string, types: readonly string[]): string =>
  `select ${name}(${types.map((type, index) => `$${index + 1}::${type}`).join(', ')}) as answer`

const endsOf = (after: readonly EndRef[] | undefined): string | null =>
  after ? JSON.stringify(after.map(({ path, attempt }) => [path, attempt])) : null
