import type { RunPage, RunStatus, Time } from '@treadle/contract'
import type { RunFilter, RunStore } from '@treadle/storage'
import type { FastifyPluginAsync } from 'fastify'
import { PAGE_QUERY, pageOf, readCursor, writeCursor } from '../http/cursor.ts'
import { problem } from '../http/problem.ts'
import { answer, problemAnswers, RUN_ID, ref } from '../openapi/refs.ts'
import { runView } from '../runs/run-view.ts'

type Query = {
  status?: RunStatus
  workflow?: string
  tag?: string
  forkedFrom?: string
  since?: Time
  until?: Time
  limit: number
  cursor?: string
}

const TIME = { type: 'string', format: 'date-time', maxLength: 40 } as const
const NO_NUL = '^[^\\u0000]+$'

export const listRunsRoute: FastifyPluginAsync<{ runs: Pick<RunStore, 'list'> }> = async (app, { runs }) => {
  app.get<{ Querystring: Query }>(
    '/runs',
    {
      schema: {
        operationId: 'listRuns',
        tags: ['runs'],
        summary: 'List runs, newest first',
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            status: ref('run.v1', 'RunStatus'),
            workflow: { type: 'string', maxLength: 200, pattern: NO_NUL, description: 'The name of the workflow.' },
            tag: {
              type: 'string',
              maxLength: 520,
              pattern: NO_NUL,
              description: '`key=value`, or a key.',
              examples: ['team=a'],
            },
            forkedFrom: { ...RUN_ID, description: 'Forks of this run.' },
            since: { ...TIME, description: 'Created at or after this time.' },
            until: { ...TIME, description: 'Created before this time.' },
            ...PAGE_QUERY,
          },
        },
        response: { 200: answer('A page of runs.', ref('api.v1', 'RunPage')), ...problemAnswers('malformed-request') },
      },
    },
    async (request, reply): Promise<RunPage> => {
      const { limit, cursor, ...filter } = request.query
      const before = cursor === undefined ? undefined : placeOf(readCursor(cursor, filter, isPlace))
      const found = await runs.list(request.tenant, {
        ...filterOf(filter),
        ...(before && { before }),
        limit: limit + 1, // One more, to know whether there is a next page.
      })
      const { rows, ...next } = pageOf(found, limit, ({ createdAt, id }) => writeCursor([createdAt, id], filter))
      reply.header('cache-control', 'no-store')
      return { items: rows.map(runView), ...next }
    },
  )
}

type Filter = Omit<Query, 'limit' | 'cursor'>

/** @throws ProblemAnswer `malformed-request` */
export function filterOf({ tag, since, until, ...rest }: Filter): Omit<RunFilter, 'limit'> {
  const [key = '', ...value] = (tag ?? '').split('=')
  return {
    ...rest,
    ...(since !== undefined && { since: instantOf(since, 'since') }),
    ...(until !== undefined && { until: instantOf(until, 'until') }),
    ...(tag !== undefined && { tag: { key, ...(value.length > 0 && { value: value.join('=') }) } }),
  }
}

/** In UTC: what RFC 3339 takes as an offset or a year is more than what a database does. */
function instantOf(text: string, name: string): Time {
  const time = new Date(text)
  const year = Number.isNaN(time.getTime()) ? Number.NaN : time.getUTCFullYear()
  if (year >= 1 && year <= 9_999) return time.toISOString()
  throw problem('malformed-request', `${name} is no time of the years 1 to 9999.`)
}

/** The time and the id of a run. */
type Place = [createdAt: Time, id: string]

const placeOf = ([createdAt, id]: Place) => ({ createdAt, id })

const isPlace = (place: unknown): place is Place =>
  Array.isArray(place) && isTime(place[0]) && ID.test(String(place[1]))

const isTime = (value: unknown) => new Date(String(value)).toJSON() === value

const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/
