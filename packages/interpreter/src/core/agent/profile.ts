import type { Plan, PlanModel, Template, ToolSpec } from '@treadle/contract'
import { at } from '../engine.ts'
import type { NodeOf } from '../kinds/kind.ts'
import { modelOf } from '../model.ts'
import { findTool } from '../resolve-tool.ts'

/** Who speaks: the node itself, or an agent that it handed the conversation to. */
export type Profile = {
  model: PlanModel
  instructions: Template
  tools: string[]
  approve: string[]
  handoffs: { name: string; description?: string }[]
}

/** `name`: of a handoff; absent: the node itself. */
export function profileOf(plan: Plan, node: NodeOf<'agent'>, name: string | undefined): Profile {
  const known = new Map(node.handoffs.map((handoff) => [handoff.name, handoff]))
  const speaker = name === undefined ? node : known.get(name)
  if (!speaker) throw new Error(`The plan has no agent ${name} at ${node.pointer}.`)
  // The node itself may hand over to all; another one to those that it names.
  const names = name === undefined ? [...known.keys()] : (known.get(name)?.handoffs ?? [])
  return {
    model: modelOf(plan, speaker),
    instructions: speaker.instructions,
    tools: speaker.tools,
    approve: speaker.approve,
    handoffs: names.flatMap((each) => known.get(each) ?? []),
  }
}

const HANDOFF = 'handoff_to_'

/** The agent that a tool call hands over to. */
export function handoffOf({ handoffs }: Profile, tool: string): string | undefined {
  return handoffs.find(({ name }) => tool === `${HANDOFF}${name}`)?.name
}

/** Says whether the agent was given this tool, by itself or with all others of its MCP server. */
export function isOffered({ tools }: Plan, profile: Profile, name: string): boolean {
  const entry = Object.hasOwn(tools, name) ? name : entryOf(name)
  const tool = Object.hasOwn(tools, entry) ? tools[entry] : undefined
  if (!tool || !(profile.tools.includes(name) || profile.tools.includes(entry))) return false
  // The entry of a server is no tool itself, and may be for some of its tools only.
  if (tool.kind === 'mcp') return name !== entry && (tool.tools?.includes(name.slice(entry.length + 1)) ?? true)
  return name === entry
}

export const needsApproval = ({ approve }: Profile, name: string): boolean =>
  approve.includes(name) || approve.includes(entryOf(name))

const entryOf = (name: string) => name.split('.', 1)[0] ?? ''

/** What the model is told that it can call. */
export const toolSpecs = (plan: Plan, { tools, handoffs }: Profile): ToolSpec[] => [
  ...tools.map((name) => toolSpec(plan, name)),
  ...handoffs.map(({ name, description = `Hand the conversation over to ${name}.` }) => ({
    name: `${HANDOFF}${name}`,
    description,
    inputSchema: { type: 'object', properties: {} },
  })),
]

function toolSpec(plan: Plan, name: string): ToolSpec {
  const { entry } = findTool(plan, name)
  const { description, inputSchema } = entry
  const spec = {
    name,
    ...(description === undefined ? {} : { description }),
    ...(inputSchema === undefined ? {} : { inputSchema: at(plan.schemas, inputSchema, 'schema') }),
  }
  if (entry.kind !== 'mcp') return spec
  const wanted = name.includes('.') ? [name.slice(name.indexOf('.') + 1)] : entry.tools
  return { ...spec, mcp: { server: entry.server, ...(wanted ? { tools: wanted } : {}) } }
}
