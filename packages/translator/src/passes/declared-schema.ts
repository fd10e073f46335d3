import { isRecord } from '../program/is-record.ts'
import type { ProgramNode } from '../program/program.ts'
import type { Typing } from './typing.ts'

type Schemas = { inputSchema: object | undefined; outputSchema: object | undefined }

/** The schemas of a tool: those of the document, else those that its worker publishes. */
export function toolOf(name: string, { program, functions }: Pick<Typing, 'program' | 'functions'>): Schemas {
  const none = { inputSchema: undefined, outputSchema: undefined }
  const ir = program.tools.get(name)?.ir
  if (!ir || ir.kind === 'mcp') return none
  const registered =
    ir.kind === 'function'
      ? functions?.find((each) => each.name === ir.name && each.runtime === (ir.runtime ?? 'typescript'))
      : undefined
  const pick = (own: unknown, published: unknown) => (isRecord(own) ? own : isRecord(published) ? published : undefined)
  return {
    inputSchema: pick(ir.inputSchema, registered?.inputSchema),
    outputSchema: pick(ir.outputSchema, registered?.outputSchema),
  }
}

/** The schema that a node's output is known to fit: its own, else its tool's. */
export function declaredSchema(node: ProgramNode, typing: Pick<Typing, 'program' | 'functions'>): object | undefined {
  if (isRecord(node.ir.outputSchema)) return node.ir.outputSchema
  return node.ir.kind === 'tool' && typeof node.ir.tool === 'string'
    ? toolOf(node.ir.tool, typing).outputSchema
    : undefined
}
