import {
  BOOL,
  type CelType,
  DOUBLE,
  DYN,
  describeType,
  fieldOf,
  INT,
  isAssignable,
  isNullable,
  type Json,
  listOf,
  NULL,
  objectOf,
  STRING,
  type Template,
  unionOf,
  withoutNull,
} from '@treadle/expressions'
import type { FindingCode } from '../diagnostics/codes.ts'
import type { Finding } from '../diagnostics/findings.ts'
import { nearNameHint } from '../diagnostics/near-names.ts'
import type { Slot, SlotPart } from '../program/program.ts'
import { child, type Pointer } from '../source/pointer.ts'

/** The type of what a template gives, once its expressions have theirs. */
export function typeOfTemplate(template: Template, parts: SlotPart[]): CelType {
  if ('lit' in template) return typeOfLiteral(template.lit)
  if ('expr' in template) return parts[template.expr]?.type ?? DYN
  if ('text' in template) return STRING
  if ('arr' in template) return listType(template.arr.map((item) => typeOfTemplate(item, parts)))
  return objectOf(mapValues(template.obj, (item) => typeOfTemplate(item, parts)))
}

/** The type of a constant. */
function typeOfLiteral(value: Json): CelType {
  if (value === null) return NULL
  if (typeof value === 'boolean') return BOOL
  if (typeof value === 'number') return Number.isSafeInteger(value) ? INT : DOUBLE
  if (typeof value === 'string') return STRING
  if (Array.isArray(value)) return listType(value.map(typeOfLiteral))
  return objectOf(mapValues(value, typeOfLiteral))
}

/** A list whose items are of many shapes is a list of anything: a type as long as the list would be of no use. */
function listType(items: CelType[]): CelType {
  return listOf(items.length > 8 ? DYN : unionOf(...items))
}

/**
 * Says where a template does not fit a type: at the innermost member that is wrong, not at the whole.
 * Nothing is said of expressions that have findings of their own: their type is `dyn`.
 */
export function misfits(slot: Slot, wanted: CelType, code: FindingCode): Finding[] {
  const found: Finding[] = []
  visit(slot.template, wanted, slot.pointer)
  return found

  function visit(template: Template, type: CelType, pointer: Pointer): void {
    const given = typeOfTemplate(template, slot.parts)
    if (isAssignable(given, type)) return
    const inner = withoutNull(type)
    if ('lit' in template) visitLiteral(template.lit, given, type, pointer)
    else if ('obj' in template && inner.kind === 'object') {
      visitMembers(Object.keys(template.obj), inner, pointer)
      for (const [key, item] of Object.entries(template.obj)) {
        const member = fieldOf(inner, key)
        if (member) visit(item, member, child(pointer, key))
      }
    } else if ('arr' in template && inner.kind === 'list') {
      for (const [index, item] of template.arr.entries()) visit(item, inner.items, child(pointer, index))
    } else report(given, type, pointer)
  }

  function visitLiteral(value: Json, given: CelType, type: CelType, pointer: Pointer): void {
    const inner = withoutNull(type)
    if (inner.kind === 'object' && typeof value === 'object' && value !== null && !Array.isArray(value)) {
      visitMembers(Object.keys(value), inner, pointer)
      for (const [key, item] of Object.entries(value)) {
        const member = fieldOf(inner, key)
        if (member) visit({ lit: item }, member, child(pointer, key))
      }
    } else if (inner.kind === 'list' && Array.isArray(value)) {
      for (const [index, item] of value.entries()) visit({ lit: item }, inner.items, child(pointer, index))
    } else report(given, type, pointer)
  }

  function visitMembers(keys: string[], type: CelType & { kind: 'object' }, pointer: Pointer): void {
    for (const key of keys) {
      if (fieldOf(type, key)) continue
      const hint = () => nearNameHint(key, Object.keys(type.props), 'take it out')
      found.push({ code, path: child(pointer, key), message: `"${key}" is not taken here`, hint, spot: { at: 'key' } })
    }
    for (const key of type.required) {
      if (keys.includes(key)) continue
      found.push({
        code,
        path: pointer,
        message: `"${key}" is missing here`,
        hint: `add "${key}"`,
        spot: { at: 'key' },
      })
    }
  }

  function report(given: CelType, type: CelType, path: Pointer): void {
    if (isNullable(given) && isAssignable(withoutNull(given), type)) {
      const message = `this may be null; ${describeType(type)} is needed`
      found.push({ code, path, message, hint: 'give another value where it is null: `default(…, …)`' })
      return
    }
    const [wantedName, givenName] = [describeType(type), describeType(given)]
    const message =
      wantedName === givenName
        ? `this ${givenName} has not the fields that are needed here`
        : `${wantedName} is needed here, not ${givenName}`
    found.push({ code, path, message })
  }
}

function mapValues<T>(object: { [key: string]: T }, to: (value: T) => CelType): Record<string, CelType> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, to(value)]))
}
