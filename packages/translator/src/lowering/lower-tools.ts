import type { IrTool, PlanTool, SecretRef, Template } from '@treadle/contract'
import { parseDuration } from '../program/duration.ts'
import { isRecord } from '../program/is-record.ts'
import type { ProgramTool } from '../program/program.ts'
import type { FunctionSignature } from '../translate-options.ts'
import type { Tables } from './tables.ts'
import { defaultToolTimeoutMs } from './timeouts.ts'

/** The tools of a plan, in the order of their names. */
export function lowerTools(
  tools: Map<string, ProgramTool>,
  tables: Tables,
  functions: FunctionSignature[] | undefined,
): Record<string, PlanTool> {
  const names = [...tools.keys()].sort()
  return Object.fromEntries(
    names.flatMap((name) => {
      const tool = tools.get(name)
      return tool ? [[name, lowerTool(tool, tables, functions)] as const] : []
    }),
  )
}

function lowerTool(tool: ProgramTool, tables: Tables, functions: FunctionSignature[] | undefined): PlanTool {
  const { ir } = tool
  if (ir.kind === 'http') return lowerHttp(tool, ir, tables)
  if (ir.kind === 'mcp') {
    return {
      kind: 'mcp',
      ...common(ir),
      server: { url: ir.server, ...(ir.headers ? { headers: ir.headers as Record<string, string | SecretRef> } : {}) },
      ...(ir.tools ? { tools: ir.tools } : {}),
    }
  }
  const runtime = ir.runtime ?? 'typescript'
  const published = functions?.find((each) => each.name === ir.name && each.runtime === runtime)
  return {
    kind: 'function',
    ...common(ir),
    name: ir.name,
    runtime,
    ...schemas({ inputSchema: published?.inputSchema, outputSchema: published?.outputSchema, ...ir }, tables),
  }
}

function lowerHttp(tool: ProgramTool, ir: IrTool & { kind: 'http' }, tables: Tables): PlanTool {
  const slot = (field: string): Template => {
    const found = tool.slots.get(field)
    return found ? tables.template(found) : { lit: null }
  }
  const members = (group: 'query' | 'headers') =>
    Object.keys(ir[group] ?? {})
      .sort()
      .map((key) => {
        const value = ir[group]?.[key]
        const isSecret = group === 'headers' && isRecord(value)
        return [key, isSecret ? (value as SecretRef) : slot(`${group}/${key}`)] as const
      })
  return {
    kind: 'http',
    ...common(ir),
    method: ir.method ?? 'GET',
    url: slot('url'),
    ...(ir.query ? { query: { obj: Object.fromEntries(members('query')) as Record<string, Template> } } : {}),
    ...(ir.headers ? { headers: Object.fromEntries(members('headers')) } : {}),
    ...('body' in ir ? { body: slot('body') } : {}),
    ...schemas(ir, tables),
  }
}

function common(ir: IrTool) {
  return {
    ...(ir.description === undefined ? {} : { description: ir.description }),
    timeoutMs: parseDuration(ir.timeout) ?? defaultToolTimeoutMs(ir),
  }
}

function schemas(ir: { inputSchema?: unknown; outputSchema?: unknown }, tables: Tables) {
  return {
    ...(ir.inputSchema === undefined ? {} : { inputSchema: tables.schema(ir.inputSchema) }),
    ...(ir.outputSchema === undefined ? {} : { outputSchema: tables.schema(ir.outputSchema) }),
  }
}
