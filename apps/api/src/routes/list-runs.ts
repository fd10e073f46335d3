import type { RunPage, RunStatus, Time } from '@treadle/contract'
import type { RunFilter, RunRow, RunStore } from '@treadle/storage'
import type { FastifyPluginAsync } from 'fastify'
import { canonicalJson, sha256 } from '../http/canonical-json.ts'
import { problem } from '../http/problem.ts'
import { answer, problemAnswers, ref } from '../openapi/refs.ts'
import { runView } from '../runs/run-view.ts'

type Query = {
  status?: RunStatus
  workflow?: string
  tag?: string
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
            since: { ...TIME, description: 'Created at or after this time.' },
            until: { ...TIME, description: 'Created before this time.' },
            limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
            cursor: {
              type: 'string',
              maxLength: 1_000,
              description: 'The `nextCursor` of the page before, with the same filter.',
            },
          },
        },
        response: { 200: answer('A page of runs.', ref('api.v1', 'RunPage')), ...problemAnswers('malformed-request') },
      },
    },
    async (request, reply): Promise<RunPage> => {
      const { limit, cursor, ...filter } = request.query
      const before = cursor === undefined ? undefined : readCursor(cursor, filter)
      const found = await runs.list(request.tenant, {
        ...filterOf(filter),
        ...(before && { before }),
        limit: limit + 1, // One more, to know whether there is a next page.
      })
      const page = found.slice(0, limit)
      const last = page.at(-1)
      reply.header('cache-control', 'no-store')
      return {
        items: page.map(runView),
        ...(last && found.length > limit && { nextCursor: writeCursor(last, filter) }),
      }
    },
  )
}

type Filter = Omit<Query, 'limit' | 'cursor'>

function filterOf({ tag, ...rest }: Filter): Omit<RunFilter, 'limit'> {
  if (tag === undefined) return rest
  const [key = '', ...value] = tag.split('=')
  return { ...rest, tag: { key, ...(value.length > 0 && { value: value.join('=') }) } }
}

/** The place of a run, and what it was a page of: with another filter the place means nothing. */
const writeCursor = ({ createdAt, id }: RunRow, filter: Filter): string =>
  Buffer.from(JSON.stringify([createdAt, id, markOf(filter)])).toString('base64url')

function readCursor(cursor: string, filter: Filter): NonNullable<RunFilter['before']> {
  try {
    const [createdAt, id, mark] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    if (mark === markOf(filter) && ID.test(id) && !Number.isNaN(Date.parse(createdAt))) return { createdAt, id }
  } catch {
    // Answered below, like a cursor of another list.
  }
  throw problem('malformed-request', 'The cursor is none of this list with this filter.')
}

const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/

const markOf = (filter: Filter): string => sha256(canonicalJson(filter)).slice(0, 12)
