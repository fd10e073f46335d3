import { findForgedHandle, type Json, type JsonSchema, type ProblemError } from '@treadle/contract'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { RE2JS } from 're2js'
import { sha256 } from '../http/canonical-json.ts'
import { validationErrors } from '../http/validation.ts'
import { createLru } from '../lru.ts'

/** Compiled schemas that are kept: as many as a busy process meets again. */
const KEPT = 500

/** Says what of a value from outside does not fit an author's schema. Compiled once for each schema, while it is used. */
export type CheckValue = (schema: JsonSchema | undefined, value: Json) => ProblemError[]

export function createCheckValue(): CheckValue {
  const compiled = createLru<ValidateFunction>(KEPT)
  return (schema, value) => {
    const forged = findForgedHandle(value)
    if (forged !== undefined) {
      return [{ path: forged, code: 'reserved-key', message: 'has the key "$blob", which is reserved' }]
    }
    if (schema === undefined || schema === true) return []
    const text = JSON.stringify(schema)
    const validate = compiled.getOr(sha256(text), () => compile(JSON.parse(text)))
    return validate(value) ? [] : validationErrors(validate.errors ?? [])
  }
}

/**
 * The translator has checked and bounded the schema, so it is not checked again. An instance of its own for each, so that
 * ids cannot meet, and that nothing of it stays. Patterns are RE2's, which need no more than linear time.
 */
function compile(schema: JsonSchema): ValidateFunction {
  const ajv = new Ajv2020({
    allErrors: true,
    strict: false,
    validateSchema: false,
    addUsedSchema: false,
    code: { regExp: Object.assign(linearRegExp, { code: '' }) },
  })
  addFormats.default(ajv)
  return ajv.compile(schema)
}

const linearRegExp = (pattern: string) => {
  const compiled = RE2JS.compile(pattern)
  return { test: (text: string) => compiled.matcher(text).find() }
}
