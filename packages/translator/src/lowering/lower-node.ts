import type { IrNode, Placement, PlanMessage, PlanNode, PlanRetry, Runtime, Template } from '@treadle/contract'
import { parseDuration } from '../program/duration.ts'
import type { InnerRole, ProgramNode } from '../program/program.ts'
import type { Lowering } from './lowering.ts'
import { lowerParams } from './params.ts'
import { runtimeOf, timeoutMsOf } from './placement.ts'

/** One node of the plan: what all have, and what its kind has. */
export function lowerNode(node: ProgramNode, placement: Placement, lowering: Lowering): PlanNode {
  const { ir } = node
  const { tables, nodeNumber, bodyNumber } = lowering
  const when = node.slots.get('when')?.parts[0]
  const timeoutMs = timeoutMsOf(node, lowering.program)
  const runtime = runtimeOf(node, lowering.program)
  const cacheMs = parseDuration(ir.cache?.ttl)
  const catches = node.bodies.flatMap(({ role, key, body }) => {
    const entry = role === 'catch' ? ir.catch?.[Number(key)] : undefined
    return entry ? [{ on: entry.on === '*' ? ['*'] : [...entry.on], body: bodyNumber(body) }] : []
  })
  return {
    kind: ir.kind,
    id: node.id,
    pointer: node.pointer,
    body: bodyNumber(node.body),
    deps: [...node.deps].map(nodeNumber).sort((a, b) => a - b),
    ...(when ? { when: tables.expression(when) } : {}),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(ir.retry ? { retry: lowerRetry(ir.retry) } : {}),
    ...(catches.length > 0 ? { catch: catches } : {}),
    ...(ir.outputSchema ? { outputSchema: tables.schema(ir.outputSchema) } : {}),
    ...(cacheMs === undefined ? {} : { cacheMs }),
    ...(runtime === undefined ? {} : { runtime: runtime satisfies Runtime }),
    placement,
    ...lowerKind(node, lowering),
  } as PlanNode
}

function lowerRetry(retry: NonNullable<IrNode['retry']>): PlanRetry {
  const initialIntervalMs = parseDuration(retry.initialInterval)
  const maxIntervalMs = parseDuration(retry.maxInterval)
  return {
    ...(retry.maxAttempts === undefined ? {} : { maxAttempts: retry.maxAttempts }),
    ...(initialIntervalMs === undefined ? {} : { initialIntervalMs }),
    ...(retry.backoffCoefficient === undefined ? {} : { backoffCoefficient: retry.backoffCoefficient }),
    ...(maxIntervalMs === undefined ? {} : { maxIntervalMs }),
    ...(retry.on === undefined ? {} : { on: [...retry.on] }),
  }
}

function lowerKind(node: ProgramNode, lowering: Lowering): Record<string, unknown> {
  const { ir } = node
  const { tables, bodyNumber } = lowering

  const slot = (field: string, absent?: Template): Template | undefined => {
    const found = node.slots.get(field)
    return found ? tables.template(found) : absent
  }
  const optional = (field: string) => {
    const template = slot(field)
    return template === undefined ? {} : { [field]: template }
  }
  const expression = (field: string): number | undefined => {
    const part = node.slots.get(field)?.parts[0]
    return part && tables.expression(part)
  }
  const optionalExpression = (name: string, field = name) => {
    const number = expression(field)
    return number === undefined ? {} : { [name]: number }
  }
  const inner = (role: InnerRole, key = ''): number => {
    const found = node.bodies.find((each) => each.role === role && each.key === key)
    return found ? bodyNumber(found.body) : -1
  }

  switch (ir.kind) {
    case 'llm':
      return { model: ir.model, messages: messages(), ...lowerParams(ir.params) }
    case 'agent':
      return {
        model: ir.model,
        instructions: slot('instructions', { lit: '' }),
        input: slot('input', { lit: null }),
        tools: ir.tools ?? [],
        maxTurns: ir.maxTurns,
        approve: ir.approve ?? [],
        handoffs: handoffs(ir),
        ...lowerParams(ir.params),
      }
    case 'tool':
      return { tool: ir.tool, args: slot('args', { lit: {} }) }
    case 'set':
      return { value: slot('value') }
    case 'switch': {
      const cases = ir.cases.map((_, index) => ({
        when: expression(`cases/${index}/when`),
        body: inner('case', String(index)),
      }))
      return { cases, ...(ir.else ? { else: inner('else') } : {}) }
    }
    case 'map': {
      const maxItems = lowering.options.mapBound(node, lowering.program)
      return {
        over: expression('over'),
        do: inner('do'),
        concurrency: ir.concurrency ?? 10,
        onItemError: ir.onItemError ?? 'fail',
        ...(maxItems === undefined ? {} : { maxItems }),
      }
    }
    case 'loop':
      return {
        ...optional('state'),
        do: inner('do'),
        ...optional('next'),
        ...optionalExpression('until'),
        max: ir.max,
        onMax: ir.onMax ?? (ir.until === undefined ? 'stop' : 'fail'),
      }
    case 'machine': {
      const states = Object.keys(ir.states)
        .sort()
        .map((id) => {
          const next = (ir.states[id]?.next ?? []).map((transition, index) => ({
            ...optionalExpression('when', `states/${id}/next/${index}/when`),
            to: transition.to,
          }))
          return [id, { body: inner('state', id), next }] as const
        })
      return { start: ir.start, states: Object.fromEntries(states), max: ir.max, ...optional('output') }
    }
    case 'graph':
      return { do: inner('do') }
    case 'wait': {
      const forMs = parseDuration(ir.for)
      return { ...(forMs === undefined ? optional('for') : { forMs }), ...optionalExpression('until') }
    }
    case 'receive':
      return { signal: ir.signal, ...optional('default'), ...optional('title'), ...optional('form') }
    case 'run':
      return { workflow: workflow(ir), input: slot('input', { lit: null }), mode: ir.mode ?? 'wait' }
    case 'emit':
      return { event: ir.event, data: slot('data', { lit: null }) }
    case 'checkpoint':
      return { name: ir.name }
    case 'fail':
      return { type: ir.type, message: slot('message'), ...optional('details') }
  }

  function messages(): PlanMessage[] {
    if (ir.kind !== 'llm') return []
    const before = ['system'].flatMap((role) => {
      const content = slot(role)
      return content ? [{ role: 'system' as const, content }] : []
    })
    const prompt = slot('prompt')
    if (prompt) return [...before, { role: 'user', content: prompt }]
    const all = (ir.messages ?? []).map(({ role }, index) => ({
      role,
      content: slot(`messages/${index}/content`, { lit: '' }) ?? { lit: '' },
    }))
    return [...before, ...all]
  }

  function handoffs(agent: IrNode & { kind: 'agent' }) {
    return Object.keys(agent.handoffs ?? {})
      .sort()
      .flatMap((name) => {
        const other = agent.handoffs?.[name]
        if (!other) return []
        const lowered = {
          name,
          description: other.description,
          model: other.model ?? agent.model,
          instructions: slot(`handoffs/${name}/instructions`, { lit: '' }),
          tools: other.tools ?? [],
          approve: other.approve ?? [],
          handoffs: other.handoffs ?? [],
          ...lowerParams(other.params),
        }
        return [lowered]
      })
  }

  function workflow(run: IrNode & { kind: 'run' }) {
    if (typeof run.workflow === 'string') {
      const [name = '', version = ''] = run.workflow.split('@')
      return { name, version }
    }
    return { plan: node.child && lowering.lowerChild(node.child) }
  }
}
