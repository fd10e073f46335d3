import { ERROR_TYPES, retryDefaults } from '@treadle/contract'
import type { Findings } from '../diagnostics/findings.ts'
import { nearNameHint } from '../diagnostics/near-names.ts'
import { isRecord } from '../program/is-record.ts'
import type { Program, ProgramNode } from '../program/program.ts'
import { child, type Pointer } from '../source/pointer.ts'

/** Names of models, tools, states, agents and types of errors, wherever nodes use them. */
export function checkUses(program: Program, findings: Findings): void {
  const models = Object.keys(isRecord(program.document.models) ? program.document.models : {})
  const ownErrors = new Set(program.nodes.flatMap(({ ir }) => (ir.kind === 'fail' ? [ir.type] : [])))
  // A child, a function or an MCP server can fail with types that this document does not know.
  const isErrorOpen = program.nodes.some(({ ir }) => ir.kind === 'run') || program.tools.size > 0
  const used = { models: new Set<string>(), tools: new Set<string>() }

  for (const node of program.nodes) checkNode(node)
  if (!program.isPartial) reportUnused()

  function checkNode(node: ProgramNode): void {
    const { ir, pointer } = node
    if (ir.kind === 'llm') checkModel(ir.model, child(pointer, 'model'))
    if (ir.kind === 'tool') checkTool(ir.tool, child(pointer, 'tool'), true)
    if (ir.kind === 'agent') {
      checkAgent(ir, pointer)
      for (const [name, agent] of Object.entries(isRecord(ir.handoffs) ? ir.handoffs : {})) {
        if (isRecord(agent)) checkAgent(agent, `${pointer}/handoffs/${name}`, Object.keys(ir.handoffs ?? {}))
      }
    }
    if (ir.kind === 'machine') checkMachine(node)
    checkErrorTypes(ir.retry?.on, child(child(pointer, 'retry'), 'on'), false)
    if (!Array.isArray(ir.catch)) return
    for (const [index, entry] of ir.catch.entries()) {
      if (isRecord(entry)) checkErrorTypes(entry.on, `${pointer}/catch/${index}/on`, true)
    }
  }

  function checkModel(name: unknown, path: Pointer): void {
    if (typeof name !== 'string') return
    used.models.add(name)
    if (models.includes(name)) return
    const hint = () => nearNameHint(name, models, 'add it to "models" of the document')
    findings.add({ code: 'unknown-model', path, message: `there is no model "${name}"`, hint })
  }

  /** `isOne`: exactly one tool is meant, so an mcp entry alone does not say which. */
  function checkTool(name: unknown, path: Pointer, isOne: boolean): void {
    if (typeof name !== 'string') return
    const [entry = '', ...rest] = name.split('.')
    const part = rest.length > 0 ? rest.join('.') : undefined
    used.tools.add(entry)
    const tool = program.tools.get(entry)
    if (!tool) {
      const hint = () => nearNameHint(entry, program.tools.keys(), 'add it to "tools" of the document')
      findings.add({ code: 'unknown-tool', path, message: `there is no tool "${entry}"`, hint })
    } else if (tool.ir.kind === 'mcp') {
      const offered = Array.isArray(tool.ir.tools) ? tool.ir.tools : undefined
      if (part === undefined && isOne) {
        const message = `"${entry}" is a server with many tools, and one has to be named`
        const example = `${entry}.${offered?.[0] ?? 'search'}`
        findings.add({ code: 'unknown-tool', path, message, hint: `write "${example}" for one of its tools` })
      } else if (part !== undefined && offered && !offered.includes(part)) {
        const hint = () => nearNameHint(part, offered, 'add it to "tools" of the entry')
        findings.add({ code: 'unknown-tool', path, message: `"${entry}" does not offer the tool "${part}"`, hint })
      }
    } else if (part !== undefined && tool.isSound) {
      const message = `"${entry}" is one tool; only an mcp entry has tools inside it`
      findings.add({ code: 'unknown-tool', path, message, hint: `write "${entry}"` })
    }
  }

  function checkAgent(agent: Record<string, unknown>, pointer: Pointer, siblings?: string[]): void {
    if (agent.model !== undefined) checkModel(agent.model, child(pointer, 'model'))
    const tools = textsOf(agent.tools)
    for (const [index, name] of tools.entries()) checkTool(name, `${pointer}/tools/${index}`, false)
    for (const [index, name] of textsOf(agent.approve).entries()) {
      const entry = program.tools.get(name)?.ir
      if (entry?.kind === 'mcp' && !Array.isArray(entry.tools)) {
        const message = `which tools of "${name}" there are is known only at run time, and each waits for a signal of its own`
        const hint = `name one, as "${name}.search", or add "tools" to the entry`
        findings.add({ code: 'unknown-tool', path: `${pointer}/approve/${index}`, message, hint })
      }
      if (isOffered(name, tools)) continue
      const hint = () => nearNameHint(name, tools, 'add it to "tools" of the agent')
      const message = `the agent has no tool "${name}" that could wait for approval`
      findings.add({ code: 'unknown-tool', path: `${pointer}/approve/${index}`, message, hint })
    }
    for (const [index, name] of siblings ? textsOf(agent.handoffs).entries() : []) {
      if (siblings?.includes(name)) continue
      const hint = () => nearNameHint(name, siblings ?? [], 'add it to "handoffs" of the node')
      findings.add({
        code: 'unknown-agent',
        path: `${pointer}/handoffs/${index}`,
        message: `there is no agent "${name}"`,
        hint,
      })
    }
  }

  function checkMachine({ ir, pointer }: ProgramNode): void {
    if (ir.kind !== 'machine' || !isRecord(ir.states)) return
    const states = Object.keys(ir.states)
    const check = (name: unknown, path: Pointer) => {
      if (typeof name !== 'string' || states.includes(name)) return
      const hint = () => nearNameHint(name, states, 'add it to "states"')
      findings.add({ code: 'unknown-state', path, message: `there is no state "${name}"`, hint })
    }
    check(ir.start, child(pointer, 'start'))
    for (const [id, state] of Object.entries(ir.states)) {
      const at = child(child(pointer, 'states'), id)
      if (id === 'end') {
        const message = '"end" ends a machine, so no state can have that name'
        findings.add({ code: 'reserved-id', path: at, message, spot: { at: 'key' } })
      }
      if (!isRecord(state) || !Array.isArray(state.next)) continue
      for (const [index, transition] of state.next.entries()) {
        if (isRecord(transition) && transition.to !== 'end') check(transition.to, `${at}/next/${index}/to`)
      }
    }
  }

  function checkErrorTypes(types: unknown, path: Pointer, isCatch: boolean): void {
    if (!Array.isArray(types)) return
    for (const [index, type] of types.entries()) {
      if (typeof type !== 'string') continue
      if (isCatch && !retryDefaults(type).catchable) {
        const message = `"${type}" is never caught: it ends the run`
        findings.add({ code: 'never-caught', path: child(path, index), message })
      } else if (!(ERROR_TYPES as string[]).includes(type) && !ownErrors.has(type) && !isErrorOpen) {
        const message = `nothing in this document fails with "${type}"`
        const hint = () => nearNameHint(type, [...ERROR_TYPES, ...ownErrors], 'see the table of errors')
        findings.add({ code: 'unknown-error-type', path: child(path, index), message, hint })
      }
    }
  }

  function reportUnused(): void {
    for (const name of models) {
      if (used.models.has(name)) continue
      const path = child(child(program.pointer, 'models'), name)
      findings.add({
        code: 'unused-definition',
        path,
        message: `no node uses the model "${name}"`,
        spot: { at: 'key' },
      })
    }
    for (const tool of program.tools.values()) {
      if (used.tools.has(tool.name)) continue
      const message = `no node uses the tool "${tool.name}"`
      findings.add({ code: 'unused-definition', path: tool.pointer, message, spot: { at: 'key' } })
    }
  }
}

/** `docs` offers `docs.search`. */
const isOffered = (name: string, tools: (string | undefined)[]): boolean =>
  tools.includes(name) || tools.includes(name.split('.', 1)[0])

/** The texts of what should be a list of texts. */
function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}
