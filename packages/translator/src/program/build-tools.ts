import type { IrTool } from '@treadle/contract'
import { DYN } from '@treadle/expressions'
import type { Findings } from '../diagnostics/findings.ts'
import { child, type Pointer } from '../source/pointer.ts'
import { isRecord } from './is-record.ts'
import type { ProgramTool, Scope } from './program.ts'
import { templateSlot } from './slots.ts'

/** The tools of a document, with the expressions of their requests. Only `args` is in scope there: a tool knows nothing of who calls it. */
export function buildTools(
  document: Record<string, unknown>,
  pointer: Pointer,
  findings: Findings,
): Map<string, ProgramTool> {
  const tools = new Map<string, ProgramTool>()
  if (!isRecord(document.tools)) return tools
  for (const [name, ir] of Object.entries(document.tools)) {
    const at = child(child(pointer, 'tools'), name)
    const tool: ProgramTool = {
      name,
      ir: (isRecord(ir) ? ir : {}) as IrTool,
      pointer: at,
      isSound: isRecord(ir),
      slots: new Map(),
    }
    tools.set(name, tool)
    if (tool.ir.kind !== 'http') continue
    const scope: Scope = { outer: undefined, body: undefined, variables: { args: DYN } }
    const add = (field: string, value: unknown, place: Pointer) =>
      tool.slots.set(field, templateSlot(value, { field, pointer: place, scope, owner: undefined }, findings))
    if ('url' in tool.ir) add('url', tool.ir.url, child(at, 'url'))
    if ('body' in tool.ir) add('body', tool.ir.body, child(at, 'body'))
    for (const group of ['query', 'headers'] as const) {
      for (const [key, value] of Object.entries(isRecord(tool.ir[group]) ? tool.ir[group] : {})) {
        if (!isSecret(value)) add(`${group}/${key}`, value, child(child(at, group), key))
      }
    }
  }
  return tools
}

const isSecret = (value: unknown): value is { secret: string; prefix?: string } =>
  isRecord(value) && typeof value.secret === 'string'
