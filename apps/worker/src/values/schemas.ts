import { isAboutUnread, type Json, type JsonSchema, TreadleError } from '@treadle/contract'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

const SCHEMAS_MAX = 500
const PROBLEMS_SHOWN_MAX = 5

/** Checks values against JSON Schemas (2020-12) of the author, which the translator has checked and bounded. */
export type Schemas = {
  /**
   * What does not fit, as one text; undefined where everything does. `all` names every place (the first five of them), for a
   * model that is asked to mend its answer; otherwise the first place ends the search, so that a large value costs no more.
   */
  problemOf(schema: JsonSchema, value: Json, all?: boolean): string | undefined
  /** The same for a value of which these places (JSON Pointers) were not read: what is about them does not count. */
  problemWithout(schema: JsonSchema, value: Json, unread: readonly string[]): string | undefined
}

/** Compiles each schema once, and forgets the ones that were not used for the longest time. */
export function createSchemas(): Schemas {
  const compiled = new Map<string, ValidateFunction>()

  const validatorOf = (schema: JsonSchema, all: boolean) => {
    const key = `${all}${JSON.stringify(schema)}`
    const known = compiled.get(key) ?? compile(schema, all)
    compiled.delete(key)
    compiled.set(key, known)
    const [oldest] = compiled.keys()
    if (compiled.size > SCHEMAS_MAX && oldest !== undefined) compiled.delete(oldest)
    return known
  }
  return {
    problemOf(schema, value, all = false) {
      const validate = validatorOf(schema, all)
      return validate(value) ? undefined : sentence(validate.errors ?? [])
    },
    problemWithout(schema, value, unread) {
      const validate = validatorOf(schema, true)
      if (validate(value)) return undefined
      const errors = (validate.errors ?? []).filter(
        ({ instancePath, keyword }) => !isAboutUnread(instancePath, keyword, unread),
      )
      return errors.length === 0 ? undefined : sentence(errors)
    },
  }
}

function sentence(errors: readonly ErrorObject[]): string {
  const shown = errors.slice(0, PROBLEMS_SHOWN_MAX).map(describe).join('; ')
  return errors.length > PROBLEMS_SHOWN_MAX ? `${shown}; and ${errors.length - PROBLEMS_SHOWN_MAX} more` : shown
}

/** An Ajv of its own for each schema: `$id`s of different authors do not meet, and what is forgotten is freed. */
function compile(schema: JsonSchema, allErrors: boolean): ValidateFunction {
  const ajv = new Ajv2020({ strict: false, allErrors, validateSchema: false, logger: false })
  addFormats.default(ajv)
  try {
    return ajv.compile(schema)
  } catch (error) {
    throw new TreadleError('invalid_request', `The outputSchema cannot be used: ${(error as Error).message}`)
  }
}

function describe({ instancePath, message, params }: ErrorObject): string {
  const allowed = 'allowedValues' in params ? ` (${JSON.stringify(params.allowedValues)})` : ''
  return `${instancePath === '' ? 'the value' : instancePath} ${message}${allowed}`
}
