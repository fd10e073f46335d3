import type { Json, ProblemError } from '@treadle/contract'
import { createAjv, type ErrorObject, type ValidateFunction } from '@treadle/contract/validate'
import type { FastifySchemaCompiler } from 'fastify'

/** How many errors an answer names at most: an array of a million wrong items is told by the first ones. */
const ERRORS_MAX = 50

/**
 * Compiles the schemas of routes. Bodies are taken as they are; what stands in the query and in the path is text on the
 * wire: only there is `10` a number, and one value a list of one, and what is left out has its default. Each is compiled by the first
 * request that it is asked about: those of all routes would hold up every start.
 */
export function createValidatorCompiler(): FastifySchemaCompiler<Json> {
  const strict = createAjv()
  const coercing = createAjv({ coerceTypes: 'array', useDefaults: true })
  return ({ schema, httpPart }) => {
    // Whether the body is a document is what the translator is asked, which names every finding.
    if (httpPart === 'body' && (schema as { $ref?: string }).$ref === DOCUMENT) return (value: unknown) => ({ value })
    const ajv = httpPart === 'body' ? strict : coercing
    let validate: ValidateFunction | undefined
    return (value: unknown) => {
      validate ??= ajv.compile(schema as object)
      if (validate(value)) return { value }
      return { error: (validate.errors ?? []) as never }
    }
  }
}

const DOCUMENT = 'ir.v1.schema.json'

/** What Ajv found, one line for each place and fault, without repeats, sorted by place. */
export function validationErrors(found: readonly Partial<ErrorObject>[]): ProblemError[] {
  const errors = new Map<string, ProblemError>()
  for (const { keyword = '', instancePath = '', params = {}, message = 'is wrong' } of found) {
    if (keyword === 'if') continue // Its `then` or `else` says what is wrong.
    const error = { path: instancePath, code: keyword, message: describe(keyword, params, message) }
    errors.set(`${error.path} ${error.message}`, error)
    if (errors.size === ERRORS_MAX) break
  }
  return [...errors.values()].sort((a, b) => (a.path < b.path ? -1 : Number(a.path > b.path)))
}

function describe(keyword: string, params: Record<string, unknown>, message: string): string {
  switch (keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return `has an unknown field ${JSON.stringify(params.additionalProperty ?? params.unevaluatedProperty)}`
    case 'enum':
      return `${message}: ${(params.allowedValues as unknown[]).map((value) => JSON.stringify(value)).join(', ')}`
    default:
      return message
  }
}
