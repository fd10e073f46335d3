import { type Json, parseExpression, parseTemplate } from '@treadle/expressions'
import type { Findings } from '../diagnostics/findings.ts'
import { fromIssue } from '../diagnostics/from-issue.ts'
import type { Pointer } from '../source/pointer.ts'
import type { ProgramNode, Scope, Slot, SlotPart } from './program.ts'

export type SlotPlace = { field: string; pointer: Pointer; scope: Scope; owner: ProgramNode | undefined }

/** A template's expressions, parsed. What is not CEL is a finding, and its part has no expression. */
export function templateSlot(value: unknown, place: SlotPlace, findings: Findings): Slot {
  const parts: SlotPart[] = []
  const { template, issues } = parseTemplate(value as Json, (source, at) => {
    const part = { source, pointer: place.pointer + at.pointer, offset: at.offset }
    return parts.push({ ...part, expression: parse(part, findings) }) - 1
  })
  for (const issue of issues) findings.add(fromIssue(issue, { pointer: place.pointer + issue.pointer, offset: 0 }))
  return { ...place, isCel: false, value, template, parts }
}

/** A bare CEL expression, parsed. */
export function celSlot(source: string, place: SlotPlace, findings: Findings): Slot {
  const part = { source, pointer: place.pointer, offset: 0 }
  const parts = [{ ...part, expression: parse(part, findings) }]
  return { ...place, isCel: true, value: source, template: { expr: 0 }, parts }
}

function parse(part: Omit<SlotPart, 'expression'>, findings: Findings): SlotPart['expression'] {
  const result = parseExpression(part.source)
  if (result.ok) return result.expression
  for (const error of result.errors) findings.add(fromIssue(error, part))
  return undefined
}
