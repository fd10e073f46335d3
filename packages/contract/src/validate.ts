import { Ajv2020, type ErrorObject, type Options, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { SCHEMAS } from './generated/schemas.ts'

export type { ErrorObject, ValidateFunction }
export { SCHEMAS }

/**
 * An Ajv that knows every document of schemas/ by its file name, in strict mode; without coercion, unless `options` say so. That they are
 * valid schemas is what a test asks, once, and not each start of a program: to compile what JSON Schema says of schemas takes 0.1 s of it.
 */
export function createAjv(options: Options = {}): Ajv2020 {
  const ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    strictRequired: false,
    allowUnionTypes: true,
    discriminator: true,
    validateSchema: false,
    schemas: Object.values(SCHEMAS),
    ...options,
  })
  addFormats.default(ajv)
  return ajv
}

let shared: Ajv2020 | undefined

/** The validator of a document or of a part of it, such as `node-task.v1.schema.json` or `run.v1.schema.json#/$defs/StartRun`; compiled once. */
export function validatorOf(ref: string): ValidateFunction {
  shared ??= createAjv()
  const validate = shared.getSchema(ref)
  if (!validate) throw new Error(`schemas/ has no ${ref}`)
  return validate
}
