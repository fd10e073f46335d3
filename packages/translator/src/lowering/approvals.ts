import type { ProgramTool } from '../program/program.ts'

/** The signals that release calls of a tool which wait for a person; of a whole mcp entry, one for each of its tools. */
export function approvalSignals(name: string, tools: Map<string, ProgramTool>): string[] {
  const entry = tools.get(name)?.ir
  const offered = entry?.kind === 'mcp' ? entry.tools?.map((tool) => `${name}.${tool}`) : undefined
  return (offered ?? [name]).map((each) => `approve_${each}`)
}
