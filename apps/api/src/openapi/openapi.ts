import swagger from '@fastify/swagger'
import { SCHEMAS } from '@treadle/contract/validate'
import type { FastifyInstance } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { stringify } from 'yaml'
import { accessOf } from '../auth/scopes.ts'
import { SECURITY_SCHEMES, withAccess } from './access.ts'
import { componentName, components, localRefs, reachable } from './components.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The OpenAPI document of all routes. Once the instance is ready. */
    openapiDocument(): object
    /** The same, as YAML. */
    openapiText(): string
  }
}

const TAGS = [
  { name: 'runs', description: 'Starting runs, and what becomes of them.' },
  { name: 'state', description: 'What a run has come to: its checkpoints, its graph, and new runs from there.' },
  { name: 'blobs', description: 'Large values, in and out.' },
  { name: 'streams', description: 'Everything that happens in a run, in order.' },
  { name: 'control', description: 'Signals, and taking hold of a run.' },
  { name: 'documents', description: 'Checking documents.' },
  { name: 'workflows', description: 'Documents that are kept under a name, version by version.' },
  { name: 'documentation', description: 'Schemas, problem types, health.' },
]

/**
 * The OpenAPI document, gathered from the routes. Their shapes are those of schemas/, which become its components: the
 * library would number and rewrite them, so references pass through it as marks.
 */
export const openapi = fastifyPlugin(
  async (app: FastifyInstance) => {
    const optionalBodies = new Set<string | undefined>()
    await app.register(swagger, {
      openapi: {
        openapi: '3.1.1',
        info: {
          title: 'Treadle',
          version: '1',
          description:
            'Runs agent workflows durably, and streams everything that happens as one ordered, resumable log.',
          license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
        },
        servers: [{ url: '/' }],
        tags: TAGS,
        components: { securitySchemes: SECURITY_SCHEMES },
      },
      convertConstToEnum: false,
      transform: ({ schema, url, route }) => {
        if (route.config?.optionalBody) optionalBodies.add(schema?.operationId)
        const access = accessOf({ method: String(route.method), config: route.config })
        const whole = withAccess((schema ?? {}) as never, access, route.config?.takesTicket ?? false)
        return {
          schema: marked(route.config?.streamsBody ? { ...whole, body: {} } : whole, route.config?.acceptsYaml),
          url,
        }
      },
    })

    let document: object | undefined
    let text: string | undefined
    app.decorate('openapiDocument', () => (document ??= documentOf(app.swagger(), optionalBodies)))
    app.decorate('openapiText', () => {
      text ??= stringify(app.openapiDocument(), { lineWidth: 120, aliasDuplicateObjects: false })
      return text
    })
  },
  { name: 'openapi' },
)

const MARK = 'x-shape'

/** References to schemas/ as marks; a document's body is taken as YAML too. */
function marked(schema: object | undefined, acceptsYaml: boolean | undefined): never {
  const copy = localRefs(schema ?? {}, ($ref) => ({ [MARK]: componentName($ref) })) as Record<string, unknown>
  if (copy.body !== undefined) {
    const content = acceptsYaml ? ['application/json', 'application/yaml'] : ['application/json']
    const { description, ...body } = copy.body as { description?: string }
    copy.body = {
      ...(description !== undefined && { description }),
      content: Object.fromEntries(content.map((type) => [type, { schema: body }])),
    }
  }
  return copy as never
}

type Operation = { operationId?: string; requestBody?: { required: boolean } }

/** The library says of every body that it is required. */
function documentOf(gathered: object, optionalBodies: ReadonlySet<string | undefined>): object {
  const document = replaceMarks(gathered) as { paths: Record<string, Record<string, Operation>> }
  for (const { operationId, requestBody } of Object.values(document.paths).flatMap(Object.values<Operation>)) {
    if (requestBody && optionalBodies.has(operationId)) requestBody.required = false
  }
  const schemas = reachable(document, components(SCHEMAS))
  return { ...document, components: { securitySchemes: SECURITY_SCHEMES, schemas } }
}

function replaceMarks(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(replaceMarks)
  if (typeof value !== 'object' || value === null) return value
  const mark = (value as Record<string, unknown>)[MARK]
  if (typeof mark === 'string') return { $ref: `#/components/schemas/${mark}` }
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, replaceMarks(part)]))
}
