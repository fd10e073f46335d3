import { PROBLEMS, type ProblemName } from '@treadle/contract'
import { SCHEMAS } from '@treadle/contract/validate'
import type { FastifyPluginAsync } from 'fastify'
import { problem } from '../http/problem.ts'
import { problemAnswers } from '../openapi/refs.ts'

/** What a client or an editor looks up: the OpenAPI document, the JSON Schemas, and a page for each type of problem. */
export const documentationRoutes: FastifyPluginAsync = async (app) => {
  app.get(
    '/openapi.yaml',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'getOpenapi',
        tags: ['documentation'],
        summary: 'Get this document',
        response: {
          200: { description: 'OpenAPI 3.1.', content: { 'application/yaml': { schema: {} } } },
          ...problemAnswers(),
        },
      },
    },
    async (_, reply) => reply.type('application/yaml; charset=utf-8').send(app.openapiText()),
  )

  app.get<{ Params: { file: string } }>(
    '/schemas/:file',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'getSchema',
        tags: ['documentation'],
        summary: 'Get a JSON Schema',
        params: {
          type: 'object',
          required: ['file'],
          properties: { file: { type: 'string', maxLength: 100, examples: ['ir.v1.schema.json'] } },
        },
        response: {
          200: {
            description: 'The schema, draft 2020-12.',
            content: { 'application/schema+json': { schema: { type: 'object' } } },
          },
          ...problemAnswers('not-found'),
        },
      },
    },
    async (request, reply) => {
      const { file } = request.params
      const schema = Object.hasOwn(SCHEMAS, file) ? SCHEMAS[file] : undefined
      if (!schema) throw problem('not-found', `There is no schema ${file}, but ${Object.keys(SCHEMAS).join(', ')}.`)
      return reply.type('application/schema+json').send(JSON.stringify(schema))
    },
  )

  app.get<{ Params: { type: string } }>(
    '/problems/:type',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'getProblemType',
        tags: ['documentation'],
        summary: 'Get the page of a type of problem',
        params: {
          type: 'object',
          required: ['type'],
          properties: { type: { type: 'string', maxLength: 100, examples: ['invalid-ir'] } },
        },
        response: {
          200: {
            description: 'What it means, and the way out.',
            content: { 'text/html': { schema: { type: 'string' } } },
          },
          ...problemAnswers('not-found'),
        },
      },
    },
    async (request, reply) => {
      const { type } = request.params
      if (!Object.hasOwn(PROBLEMS, type)) throw problem('not-found', 'There is no such type of problem.')
      const page = problemPage(type as ProblemName)
      return reply.type('text/html; charset=utf-8').send(page)
    },
  )
}

function problemPage(name: ProblemName): string {
  const { title, status, description } = PROBLEMS[name]
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${html(title)}</title>
<h1>${html(title)}</h1>
<p>${html(description)}</p>
<p>HTTP status ${status}, type <code>/problems/${name}</code>.</p>
</html>
`
}

const html = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/`([^`]*)`/g, '<code>$1</code>')
