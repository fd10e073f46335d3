import type { Json, Template } from '@treadle/expressions'
import type { ErrorObject, ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { RE2JS } from 're2js'
import type { FindingCode } from '../diagnostics/codes.ts'
import type { Finding } from '../diagnostics/findings.ts'
import { isRecord } from '../program/is-record.ts'
import type { Slot } from '../program/program.ts'
import { child, type Pointer, valueAt } from '../source/pointer.ts'
import { isExplosive } from './schema-size.ts'
import { schemaType } from './schema-types.ts'
import { misfits } from './template-types.ts'

/** All that is wrong with what a template gives to a place with a schema: its types, else its constants. */
export function schemaMisfits(slot: Slot, schema: object, code: FindingCode): Finding[] {
  const wrong = misfits(slot, schemaType(schema), code)
  return wrong.length > 0 ? wrong : literalMisfits(slot, schema, code)
}

/** Constants larger than this are left to the run: some keywords take the square of the length. */
const LITERAL_MAX = 16 * 1024

/**
 * Says where constants of a template do not fit the schema of where they go: what types cannot tell, as values that are
 * not in an `enum` or too long. Looks into objects and lists as far as the schema is plain `properties` and `items`.
 */
function literalMisfits(slot: Slot, schema: object, code: FindingCode): Finding[] {
  const found: Finding[] = []
  if (!isExplosive(schema)) visit(slot.template, schema, slot.pointer)
  return found

  function visit(template: Template, part: unknown, pointer: Pointer): void {
    const at = deref(schema, part)
    if (!isRecord(at)) return
    if ('lit' in template) checkLiteral(template.lit, at, pointer)
    else if ('obj' in template && isRecord(at.properties)) {
      for (const [key, item] of Object.entries(template.obj)) {
        if (Object.hasOwn(at.properties, key)) visit(item, at.properties[key], child(pointer, key))
      }
    } else if ('arr' in template && at.prefixItems === undefined) {
      for (const [index, item] of template.arr.entries()) visit(item, at.items, child(pointer, index))
    }
  }

  function checkLiteral(value: Json, part: Record<string, unknown>, pointer: Pointer): void {
    if (JSON.stringify(value).length > LITERAL_MAX) return
    const validate = validatorFor(part, schema)
    if (!validate || validate(value)) return
    for (const error of (validate.errors ?? []).slice(0, 1)) {
      found.push({ code, path: pointer + error.instancePath, message: messageOf(error) })
    }
  }
}

function messageOf({ keyword, params, message }: ErrorObject): string {
  if (keyword === 'enum')
    return `this has to be one of ${params.allowedValues.map((each: unknown) => JSON.stringify(each)).join(', ')}`
  if (keyword === 'const') return `this has to be ${JSON.stringify(params.allowedValue)}`
  return `this ${message ?? 'does not fit its schema'}`
}

function deref(root: object, schema: unknown): unknown {
  let at = schema
  for (let hops = 0; isRecord(at) && typeof at.$ref === 'string' && hops < 32; hops++) {
    at = valueAt(root, at.$ref.replace(/^#/, ''))
  }
  return at
}

let ajv: Ajv2020 | undefined

const validators = new WeakMap<object, ValidateFunction | undefined>()

/** The validator of a part of a schema, compiled once; undefined where it does not compile, which is a finding of its own. */
function validatorFor(part: Record<string, unknown>, root: object): ValidateFunction | undefined {
  if (validators.has(part)) return validators.get(part)
  let validate: ValidateFunction | undefined
  try {
    // `#/…` in the part means the whole schema, so that stays the root, with the part beside it.
    const whole =
      part === root ? root : { $defs: { root: { ...root, $id: 'root' }, part: relative(part) }, $ref: '#/$defs/part' }
    ajv ??= createAjv()
    validate = ajv.compile(whole)
    // Else it would keep every schema that it ever saw.
    ajv.removeSchema(whole)
  } catch {
    validate = undefined
  }
  validators.set(part, validate)
  return validate
}

/** The part with its references led into the schema that it was taken from. */
function relative(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(relative)
  if (!isRecord(part)) return part
  return Object.fromEntries(
    Object.entries(part).map(([key, value]) =>
      key === '$ref' && typeof value === 'string' ? [key, `root${value}`] : [key, relative(value)],
    ),
  )
}

function createAjv(): Ajv2020 {
  return new Ajv2020({
    strict: false,
    validateSchema: false,
    validateFormats: false,
    inlineRefs: false,
    logger: false,
    code: { regExp },
  })
}

/** Patterns in linear time, whatever they are. */
const regExp = Object.assign(
  (pattern: string) => {
    const compiled = RE2JS.compile(pattern)
    // The validator tells its patterns apart by their text.
    return { test: (text: string) => compiled.matcher(text).find(), toString: () => pattern }
  },
  { code: 're2' },
)
