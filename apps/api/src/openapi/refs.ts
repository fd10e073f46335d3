import type { ProblemName } from '@treadle/contract'
import { PROBLEMS } from '@treadle/contract'

/** A shape of schemas/, by file and definition: `ref('run.v1', 'StartRun')`. */
export const ref = (file: string, definition?: string): { $ref: string } => ({
  $ref: `${file}.schema.json${definition === undefined ? '' : `#/$defs/${definition}`}`,
})

/** An answer with a body of that shape. */
export const answer = (description: string, schema: object, headers?: object) => ({
  description,
  ...(headers !== undefined && { headers }),
  content: { 'application/json': { schema } },
})

/** The problems that a route answers with, by status. Those of EVERY_ROUTE belong to every route. */
export function problemAnswers(...names: ProblemName[]): Record<string, object> {
  const byStatus = new Map<number, ProblemName[]>()
  for (const name of new Set([...names, ...EVERY_ROUTE])) {
    const { status } = PROBLEMS[name]
    byStatus.set(status, [...(byStatus.get(status) ?? []), name])
  }
  return Object.fromEntries(
    [...byStatus].map(([status, same]) => [
      status,
      {
        description: same.map((name) => `${PROBLEMS[name].title} (\`${name}\`).`).join(' '),
        content: { 'application/problem+json': { schema: ref('problem.v1') } },
      },
    ]),
  )
}

/** What cannot be read, headers that are too large, and what is wrong on our side. */
const EVERY_ROUTE = ['malformed-request', 'too-large', 'internal', 'dependency-unavailable'] as const

/** A run's id where it is text: nothing else reaches the database. */
export const RUN_ID = {
  type: 'string',
  pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$',
  examples: ['run_01k9zq3v5x7m2c8d4e6f0g1h3j'],
} as const

export const RUN_ID_PARAMS = { type: 'object', required: ['runId'], properties: { runId: RUN_ID } } as const
