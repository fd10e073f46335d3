import type { IrModel } from '@treadle/contract'
import type { ModelTable } from '@treadle/contract/settings'
import type { Program, ProgramNode, Slot } from '../program/program.ts'
import { type Amounts, amounts } from './amounts.ts'
import { attemptsOf } from './attempts.ts'

/** A structured answer that does not fit is asked for once more. */
const REPAIRS = 1

/** What the calls of an `llm`, `agent` or `tool` node can take. An error that is caught may come before the first call. */
export function callAmounts(node: ProgramNode, program: Program, models: ModelTable): Amounts {
  const { ir } = node
  const first = ir.catch ? 0 : 1
  const attempts = attemptsOf(node)
  if (ir.kind === 'tool') {
    const calls = { least: first, most: attempts }
    return amounts({ toolCalls: calls, activities: calls })
  }
  if (ir.kind !== 'llm' && ir.kind !== 'agent') return amounts()

  const turns = ir.kind === 'agent' ? ir.maxTurns : 1
  const repairs = ir.outputSchema ? REPAIRS : 0
  const requests = (turns + repairs) * attempts
  const calls = modelsOf(node, program).map((model) => callFacts(model, models))
  const outputMost = Math.max(0, ...calls.map(({ maxOutputTokens }) => maxOutputTokens)) * requests
  const inputTokens = ir.kind === 'llm' ? constantTokens(node) : Number.POSITIVE_INFINITY
  const costOfOne = calls.map(
    ({ maxOutputTokens, inputUsd, outputUsd }) => inputTokens * inputUsd + maxOutputTokens * outputUsd,
  )
  const hasTools = ir.kind === 'agent' && (ir.tools || ir.handoffs)
  const tools = hasTools ? Number.POSITIVE_INFINITY : 0
  return amounts({
    llmCalls: { least: first, most: requests },
    toolCalls: { least: 0, most: tools },
    activities: { least: first, most: requests + tools },
    outputTokens: { least: 0, most: outputMost },
    costUsd: { least: 0, most: Math.max(0, ...costOfOne) * requests },
  })
}

/** The models that a node can call, each with the parameters that it gives. */
export function modelsOf(node: ProgramNode, program: Program): { model: IrModel; maxTokens: number | undefined }[] {
  const { ir } = node
  if (ir.kind !== 'llm' && ir.kind !== 'agent') return []
  const agents = ir.kind === 'agent' ? [ir, ...Object.values(ir.handoffs ?? {})] : [ir]
  return agents.flatMap((agent) => {
    const name = agent?.model ?? ir.model
    const known = program.document.models ?? {}
    const model = Object.hasOwn(known, name) ? known[name] : undefined
    return model ? [{ model, maxTokens: agent?.params?.maxTokens }] : []
  })
}

type CallFacts = { maxOutputTokens: number; inputUsd: number; outputUsd: number }

/** Infinity where nothing says how much. */
function callFacts(
  { model, maxTokens }: { model: IrModel; maxTokens: number | undefined },
  models: ModelTable,
): CallFacts {
  const facts = Object.hasOwn(models, model.model) ? models[model.model] : undefined
  const usd = (perMillion: number | undefined) =>
    perMillion === undefined ? Number.POSITIVE_INFINITY : perMillion / 1e6
  return {
    maxOutputTokens: maxTokens ?? model.params?.maxTokens ?? facts?.maxOutputTokens ?? Number.POSITIVE_INFINITY,
    inputUsd: usd(facts?.inputPrice),
    outputUsd: usd(facts?.outputPrice),
  }
}

/** A token has at least one byte, and a message some tokens of its own. */
const TOKENS_PER_MESSAGE = 16

function constantTokens(node: ProgramNode): number {
  let tokens = 0
  for (const slot of node.slots.values()) {
    if (slot.field === 'when') continue
    if (!isConstantText(slot)) return Number.POSITIVE_INFINITY
    tokens += new TextEncoder().encode(String(slot.value)).length + TOKENS_PER_MESSAGE
  }
  return tokens
}

const isConstantText = (slot: Slot): boolean => 'lit' in slot.template && typeof slot.template.lit === 'string'
