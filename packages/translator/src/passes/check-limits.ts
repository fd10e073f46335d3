import type { ModelTable } from '@treadle/contract/settings'
import type { Findings } from '../diagnostics/findings.ts'
import { formatDuration, parseDuration } from '../program/duration.ts'
import type { Program, ProgramNode } from '../program/program.ts'
import { child } from '../source/pointer.ts'
import { type Amounts, rangeOf } from './amounts.ts'
import { modelsOf } from './call-amounts.ts'

export type LimitOptions = {
  /** The table of models; undefined: it is not known here, and nothing is said of what it may hold. */
  models: ModelTable | undefined
  executionTimeoutMs: number | undefined
}

/** The document's own limits against what it takes at least, and what the budgets need to be kept. */
export function checkLimits(program: Program, taken: Amounts, options: LimitOptions, findings: Findings): void {
  const limits = program.document.limits ?? {}
  const at = child(program.pointer, 'limits')
  for (const name of ['nodeRuns', 'llmCalls'] as const) {
    const limit = limits[name]
    const { least } = rangeOf(taken, name)
    if (typeof limit !== 'number' || least <= limit) continue
    const message = `a run takes at least ${least} ${NAMES[name]}, and the limit is ${limit}`
    findings.add({ code: 'limit-too-small', path: child(at, name), message })
  }
  for (const node of program.nodes) {
    checkTokens(node)
    checkWaiting(node)
  }

  function checkTokens(node: ProgramNode): void {
    const isTokens = limits.tokens !== undefined
    const isCost = limits.costUsd !== undefined
    const { models } = options
    if (!models || (!isTokens && !isCost)) return
    for (const { model, maxTokens } of modelsOf(node, program)) {
      const facts = Object.hasOwn(models, model.model) ? models[model.model] : undefined
      const cap = maxTokens ?? model.params?.maxTokens ?? facts?.maxOutputTokens
      if (cap === undefined) {
        const message = `nothing says how many tokens an answer of "${model.model}" can have, and "limits" counts them`
        findings.add({ code: 'unbounded-tokens', path: node.pointer, message, spot: { at: 'key' } })
      } else if (typeof limits.tokens === 'number' && cap > limits.tokens) {
        const message = `one answer of "${model.model}" reserves ${cap} tokens, and the limit is ${limits.tokens}`
        findings.add({ code: 'limit-too-small', path: child(at, 'tokens'), message })
      }
      if (isCost && (facts?.inputPrice === undefined || facts.outputPrice === undefined)) {
        const name = Object.entries(program.document.models ?? {}).find(([, each]) => each === model)?.[0] ?? ''
        const path = `${child(child(program.pointer, 'models'), name)}/model`
        findings.add({ code: 'no-price', path, message: `"${model.model}" has no price, and "limits" counts money` })
      }
    }
  }

  function checkWaiting({ ir, pointer }: ProgramNode): void {
    const max = options.executionTimeoutMs
    const field = ir.kind === 'wait' ? 'for' : ir.kind === 'receive' ? 'timeout' : undefined
    if (max === undefined || field === undefined) return
    const waits = parseDuration(ir.kind === 'wait' ? ir.for : ir.timeout)
    if (waits === undefined || waits <= max) return
    const message = `this waits up to ${formatDuration(waits)}, and a run is ended after ${formatDuration(max)}`
    findings.add({ code: 'wait-too-long', path: child(pointer, field), message })
  }
}

const NAMES = { nodeRuns: 'executions of nodes', llmCalls: 'model calls' }
