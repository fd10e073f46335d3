import { DYN, type Json, parseExpression, parseTemplate, type Template } from '@treadle/expressions'
import type { Findings } from '../diagnostics/findings.ts'
import { fromIssue } from '../diagnostics/from-issue.ts'
import type { Pointer } from '../source/pointer.ts'
import type { ProgramNode, Scope, Slot, SlotPart } from './program.ts'

export type SlotPlace = { field: string; pointer: Pointer; scope: Scope; owner: ProgramNode | undefined }

/** A template's expressions, parsed. What is not CEL is a finding, and its part has no expression. */
export function templateSlot(value: unknown, place: SlotPlace, findings: Findings): Slot {
  if (!mayHoldExpressions(value)) return slot(place, false, value, { lit: value as Json }, [])
  const parts: SlotPart[] = []
  const { template, issues } = parseTemplate(value as Json, (source, at) => {
    return parts.push(parsePart(source, place.pointer + at.pointer, at.offset, findings)) - 1
  })
  for (const issue of issues) findings.add(fromIssue(issue, { pointer: place.pointer + issue.pointer, offset: 0 }))
  return slot(place, false, value, template, parts)
}

/** Constants, which are most of a document, need no parsing. */
function mayHoldExpressions(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('${')
  if (typeof value !== 'object' || value === null) return false
  for (const each of Object.values(value)) if (mayHoldExpressions(each)) return true
  return false
}

/** A bare CEL expression, parsed. */
export function celSlot(source: string, place: SlotPlace, findings: Findings): Slot {
  return slot(place, true, source, { expr: 0 }, [parsePart(source, place.pointer, 0, findings)])
}

function slot(place: SlotPlace, isCel: boolean, value: unknown, template: Template, parts: SlotPart[]): Slot {
  const { field, pointer, scope, owner } = place
  return { field, pointer, isCel, value, scope, owner, template, parts }
}

function parsePart(source: string, pointer: Pointer, offset: number, findings: Findings): SlotPart {
  const result = parseExpression(source)
  if (!result.ok) for (const error of result.errors) findings.add(fromIssue(error, { pointer, offset }))
  return {
    source,
    pointer,
    offset,
    expression: result.ok ? result.expression : undefined,
    type: DYN,
    doubles: undefined,
  }
}
