import type { IrBody, IrDocument, IrNode } from '@treadle/contract'
import type { Findings } from '../diagnostics/findings.ts'
import type { TranslateLimits } from '../limits.ts'
import { child, type Pointer } from '../source/pointer.ts'
import { buildTools } from './build-tools.ts'
import { type Field, fieldsOf } from './fields.ts'
import { isRecord } from './is-record.ts'
import { markUnsound } from './mark-unsound.ts'
import type { Body, Program, ProgramNode, Scope } from './program.ts'
import { celSlot, templateSlot } from './slots.ts'

export type BuildOptions = { limits: TranslateLimits; findings: Findings }

/**
 * Builds the program of a document that went through the schema check. Parts that do not fit are left out, so that the
 * rest can still be checked. Undefined when there is nothing to build from.
 */
export function buildProgram(
  document: unknown,
  { limits, findings }: BuildOptions,
  pointer: Pointer = '',
  runDepth = 0,
): Program | undefined {
  if (!isRecord(document) || !isRecord(document.nodes)) return undefined
  const nodes: ProgramNode[] = []
  const tools = buildTools(document, pointer, findings)
  const rootScope: Scope = { outer: undefined, body: undefined, variables: {} }
  const root = buildBody(document as unknown as IrBody, pointer, undefined, rootScope, 1)
  const program: Program = {
    document: document as unknown as IrDocument,
    pointer,
    root,
    nodes,
    tools,
    isPartial: false,
    read: new Set(),
    runDepth,
  }
  markUnsound(program, findings.errorPaths())
  return program

  function buildBody(ir: IrBody, at: Pointer, container: ProgramNode | undefined, scope: Scope, depth: number): Body {
    const body = emptyBody(at, container, scope, depth, false)
    const place = child(at, 'nodes')
    for (const id of Object.keys(ir.nodes).sort()) addNode(body, id, ir.nodes[id], child(place, id))
    if ('output' in ir) {
      const slotPlace = { field: 'output', pointer: child(at, 'output'), scope: body.scope, owner: container }
      body.output = templateSlot(ir.output, slotPlace, findings)
    }
    return body
  }

  function addNode(body: Body, id: string, ir: unknown, at: Pointer): void {
    const node: ProgramNode = {
      id,
      ir: (isRecord(ir) ? ir : {}) as IrNode,
      pointer: at,
      body,
      isSound: isRecord(ir),
      slots: new Map(),
      bodies: [],
      child: undefined,
      deps: new Set(),
    }
    body.nodes.push(node)
    body.byId.set(id, node)
    nodes.push(node)
    if (isRecord(ir)) addFields(node)
  }

  /** What its kind can hold: expressions in slots, bodies, an inline workflow. */
  function addFields(node: ProgramNode): void {
    for (const field of fieldsOf(node.ir)) {
      const at = node.pointer + field.at
      const scope = field.names ? { outer: node.body.scope, body: undefined, ...field.names } : node.body.scope
      if (field.is === 'workflow') addChild(node, field.value, at)
      else if (field.is === 'body') addInner(node, field, at, scope)
      else {
        const place = { field: field.name, pointer: at, scope, owner: node }
        const slot =
          field.is === 'cel'
            ? celSlot(String(field.value), place, findings)
            : templateSlot(field.value, place, findings)
        node.slots.set(field.name, slot)
      }
    }
  }

  function addInner(node: ProgramNode, field: Field & { is: 'body' }, at: Pointer, scope: Scope): void {
    const { role, key, value: ir } = field
    const depth = node.body.depth + 1
    if (depth > limits.nesting) {
      const message = `bodies are more than ${limits.nesting} deep inside each other`
      findings.add({ code: 'too-deep', path: at, message, spot: { at: 'key' } })
    } else if (isRecord(ir) && isRecord(ir.nodes) && (ir.kind === undefined || field.isGraph)) {
      node.bodies.push({ role, key, body: buildBody(ir as unknown as IrBody, at, node, scope, depth) })
    } else if (isRecord(ir) && !field.isGraph) {
      const body = emptyBody(at, node, scope, depth, true)
      node.bodies.push({ role, key, body })
      addNode(body, '', ir, at)
    }
  }

  function addChild(node: ProgramNode, document: unknown, at: Pointer): void {
    if (runDepth >= limits.runDepth) {
      const message = `workflows are more than ${limits.runDepth} deep inside each other`
      findings.add({ code: 'too-deep', path: at, message, spot: { at: 'key' } })
      return
    }
    node.child = buildProgram(document, { limits, findings }, at, runDepth + 1)
  }

  function emptyBody(
    at: Pointer,
    container: ProgramNode | undefined,
    outer: Scope,
    depth: number,
    isSingle: boolean,
  ): Body {
    const scope: Scope = { outer, body: undefined, variables: {} }
    const body: Body = {
      pointer: at,
      nodes: [],
      byId: new Map(),
      isSingle,
      container,
      scope,
      output: undefined,
      order: [],
      depth,
    }
    // The one node of a single body has no id, so nothing can name it.
    if (!isSingle) scope.body = body
    return body
  }
}
