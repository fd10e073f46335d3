import {
  type CelType,
  check,
  DYN,
  describeType,
  type Expression,
  isAssignable,
  objectOf,
  STRING,
} from '@treadle/expressions'
import type { Findings } from '../diagnostics/findings.ts'
import { fromIssue } from '../diagnostics/from-issue.ts'
import type { Scope, Slot, SlotPart } from '../program/program.ts'
import { resolveNode, resolveVariable, visibleVariables } from '../program/resolve.ts'
import { typeOfTemplate } from './template-types.ts'

export type SlotCheckerParts = { input: CelType; outputs: Map<object, CelType>; findings: Findings }

const RUN_TYPE = objectOf({ id: STRING, startedAt: STRING })

/** Checks the expressions of slots against the types of what is in scope there. */
export function createSlotChecker({ input, outputs, findings }: SlotCheckerParts) {
  let isQuiet = false

  /** The type of what the slot gives. Reports what is wrong in its expressions; `expect` is for bare CEL. */
  function checkSlot(slot: Slot, expect?: CelType): CelType {
    for (const part of slot.parts) checkPart(part, slot, expect)
    return typeOfTemplate(slot.template, slot.parts)
  }

  function checkPart(part: SlotPart, slot: Slot, expect: CelType | undefined): void {
    part.type = DYN
    part.doubles = undefined
    if (!part.expression) return
    const passedOn = expect ? undefined : passedOnType(part.expression, slot.scope)
    if (passedOn) {
      part.type = passedOn
      return
    }
    const variables = variablesFor(part, slot.scope)
    if (!variables) return
    const assume = slot.owner ? assumptionsOf(slot) : []
    const { type, issues, doubles } = check(part.expression, {
      variables,
      ...(expect ? { expect } : {}),
      ...(assume.length > 0 ? { assume } : {}),
    })
    part.type = type
    part.doubles = doubles
    if (!isQuiet) for (const issue of issues) findings.add(fromIssue(issue, part))
  }

  /** The type of an expression that only passes on the whole output of a node: nothing can be wrong with it, and most are such. */
  function passedOnType({ references }: Expression, scope: Scope): CelType | undefined {
    const [only] = references
    const [root, id, deeper] = only?.path ?? []
    if (!only?.whole || root !== 'nodes' || id === undefined || deeper !== undefined) return undefined
    const target = resolveNode(scope, id)
    return target && outputs.get(target)
  }

  /** The types of the names that the expression reads; undefined where it names a node that is not there, which is reported already. */
  function variablesFor({ expression }: SlotPart, scope: Scope): Record<string, CelType> | undefined {
    const variables: Record<string, CelType> = {}
    const nodes: Record<string, CelType> = {}
    let isMissing = false
    for (const { path } of expression?.references ?? []) {
      const [root = '', id] = path
      if (root === 'nodes' && !resolveVariable(scope, 'args')) {
        const target = id === undefined ? undefined : resolveNode(scope, id)
        if (!target || id === undefined) return undefined
        nodes[id] = outputs.get(target) ?? DYN
        variables.nodes = objectOf(nodes)
        continue
      }
      const type = rootType(root, scope)
      if (type) variables[root] = type
      else isMissing = true
    }
    // All names, so that the nearest can be suggested.
    if (isMissing) for (const name of namesIn(scope)) variables[name] ??= rootType(name, scope) ?? DYN
    return variables
  }

  function rootType(root: string, scope: Scope): CelType | undefined {
    const own = resolveVariable(scope, root)
    if (own) return own
    if (resolveVariable(scope, 'args')) return undefined
    return root === 'input' ? input : root === 'run' ? RUN_TYPE : undefined
  }

  return {
    check: checkSlot,
    /** Does something without reporting: for a first look at what comes around again. */
    quietly<T>(work: () => T): T {
      const before = isQuiet
      isQuiet = true
      try {
        return work()
      } finally {
        isQuiet = before
      }
    },
    /** Reports a mismatch of types, unless this is a first look. */
    report(...finding: Parameters<Findings['add']>): void {
      if (!isQuiet) findings.add(...finding)
    },
  }
}

function namesIn(scope: Scope): string[] {
  const names = visibleVariables(scope)
  return names.has('args') ? ['args'] : ['input', 'nodes', 'run', ...names]
}

/** Conditions that hold wherever the slot is evaluated: of the nodes and cases around it. */
function assumptionsOf(slot: Slot): string[] {
  const conditions: string[] = []
  let node = slot.owner
  if (node && slot.field !== 'when') addWhen(node)
  for (let scope: Scope | undefined = slot.scope; node; node = scope?.outer ? node.body.container : undefined) {
    const { container } = node.body
    if (!container) break
    addCase(container, node.body)
    addWhen(container)
    scope = node.body.scope
  }
  return conditions

  function addWhen(each: NonNullable<Slot['owner']>): void {
    const when = each.slots.get('when')
    if (when?.parts[0]?.expression) conditions.push(when.parts[0].source)
  }

  function addCase(container: NonNullable<Slot['owner']>, body: object): void {
    if (container.ir.kind !== 'switch') return
    const inner = container.bodies.find((each) => each.body === body)
    if (inner?.role !== 'case' && inner?.role !== 'else') return
    const count =
      inner.role === 'case' ? Number(inner.key) : container.bodies.filter(({ role }) => role === 'case').length
    for (let index = 0; index < count; index++) add(index, true)
    if (inner.role === 'case') add(count, false)

    function add(index: number, isNegated: boolean): void {
      const part = container.slots.get(`cases/${index}/when`)?.parts[0]
      if (part?.expression) conditions.push(isNegated ? `!(${part.source})` : part.source)
    }
  }
}

/** Reports where a type does not fit the one that is asked for; says so in the words of the code. */
export function fits(given: CelType, wanted: CelType): string | undefined {
  if (isAssignable(given, wanted)) return undefined
  return `${describeType(wanted)} is needed here, not ${describeType(given)}`
}
