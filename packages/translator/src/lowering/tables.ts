import { createHash } from 'node:crypto'
import { INLINE_BYTES_MAX, type PlanExpression, type Template } from '@treadle/contract'
import { canonicalJson, type Doubles, type Json, type Template as ParsedTemplate } from '@treadle/expressions'
import type { Slot, SlotPart } from '../program/program.ts'
import { canonical } from './canonical.ts'

/** A text of a document that is too large for the plan: stored before the run starts, and named there by its content. */
export type PlanBlob = { sha256: string; size: number; json: string }

/** Gathers what plan nodes refer to by number. Numbers are given in the order of asking, the same thing gets the same one. */
export function createTables() {
  const expressions: PlanExpression[] = []
  const schemas: Record<string, unknown>[] = []
  const blobs = new Map<string, PlanBlob>()
  const expressionNumbers = new Map<string, number>()
  const schemaNumbers = new Map<string, number>()

  function expression(part: SlotPart): number {
    const key = part.doubles ? `${part.source}\n${canonical(part.doubles).json}` : part.source
    const known = expressionNumbers.get(key)
    if (known !== undefined) return known
    const number = expressions.push(toPlanExpression(part)) - 1
    expressionNumbers.set(key, number)
    return number
  }

  function schema(value: unknown): number {
    const key = canonical(value).json
    const known = schemaNumbers.get(key)
    if (known !== undefined) return known
    const number = schemas.push(value as Record<string, unknown>) - 1
    schemaNumbers.set(key, number)
    return number
  }

  /** The template with its expressions numbered. Members are visited by name, so that their order in the document does not matter. */
  function template({ template: parsed, parts }: Slot): Template {
    return visit(parsed)

    function visit(item: ParsedTemplate): Template {
      if ('lit' in item) return literal(item.lit)
      if ('expr' in item) return { expr: numberOf(item.expr) }
      if ('text' in item) {
        return { text: item.text.map((piece) => (typeof piece === 'string' ? piece : { expr: numberOf(piece.expr) })) }
      }
      if ('arr' in item) return { arr: item.arr.map(visit) }
      const keys = Object.keys(item.obj).sort()
      return { obj: Object.fromEntries(keys.map((key) => [key, visit(item.obj[key] ?? { lit: null })])) }
    }

    function numberOf(index: number): number {
      const part = parts[index]
      if (!part) throw new Error(`template has no part ${index}`)
      return expression(part)
    }
  }

  function literal(value: Json): Template {
    if (JSON.stringify(value).length * 3 <= INLINE_BYTES_MAX) return { lit: value }
    const json = canonicalJson(value)
    const bytes = new TextEncoder().encode(json)
    if (bytes.length <= INLINE_BYTES_MAX) return { lit: value }
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    blobs.set(sha256, { sha256, size: bytes.length, json })
    return { blob: { sha256, size: bytes.length } }
  }

  return { expressions, schemas, blobs, expression, schema, template, literal }
}

export type Tables = ReturnType<typeof createTables>

function toPlanExpression({ source, doubles, expression }: SlotPart): PlanExpression {
  const references = expression?.references ?? []
  const roots = [...new Set(references.map(({ path }) => rootOf(path)))]
  const [only] = references
  const isWhole = references.length === 1 && only?.whole === true && only.path.join('.') === roots[0]
  return {
    cel: source,
    roots,
    ...(isWhole ? { whole: true } : {}),
    ...(doubles ? { types: doubles satisfies Doubles } : {}),
  }
}

/** The name in scope under which a value is found: nodes and states have one each. */
function rootOf([root = '', id]: string[]): string {
  return (root === 'nodes' || root === 'states') && id !== undefined ? `${root}.${id}` : root
}
