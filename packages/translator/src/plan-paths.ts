import type { BodyIndex, NodeIndex, Plan, PlanNode } from '@treadle/contract'

/** Where a path leads in a plan: to a node, or to a call of an agent that has a path of its own; or why nowhere. */
export type PathPlace =
  | { ok: true; index: NodeIndex; call?: 'model' | 'tool' | 'approval' }
  | { ok: false; why: string }

const ID = /^[A-Za-z][A-Za-z0-9_]*/
const AGENT_CALL = /^~(\d+)\.(?:model|tool\[\d+\](\.approve)?)$/

/** Finds the node of the plan that has been, or could be, executed under `path` (`Path` in schemas/common.v1.schema.json), its bounds included. */
export function placeOfPath(plan: Plan, path: string): PathPlace {
  return inBody(plan, 0, path)
}

function inBody(plan: Plan, body: BodyIndex, rest: string): PathPlace {
  const id = ID.exec(rest)?.[0] ?? ''
  const index = plan.bodies[body]?.nodes.find((each) => plan.nodes[each]?.id === id)
  if (id === '' || index === undefined) return { ok: false, why: `there is no node \`${id || rest}\`` }
  return atNode(plan, index, rest.slice(id.length))
}

/** `rest`: what of the path is left after the node's own place. */
function atNode(plan: Plan, index: NodeIndex, rest: string): PathPlace {
  if (rest === '') return { ok: true, index }
  const node = plan.nodes[index]
  if (!node) return { ok: false, why: 'the plan lacks a node' }
  if (node.kind === 'agent' && rest.startsWith('~')) return atCall(node, index, rest)
  const into = bodyAt(node, rest)
  if (typeof into === 'string') return { ok: false, why: into }
  const left = rest.slice(into.length)
  const body = plan.bodies[into.body]
  const [only] = body?.nodes ?? []
  if (body?.single && only !== undefined) return atNode(plan, only, left)
  if (left.startsWith('.')) return inBody(plan, into.body, left.slice(1))
  return { ok: false, why: `the body at \`${rest}\` is no node of its own` }
}

function atCall(node: Extract<PlanNode, { kind: 'agent' }>, index: NodeIndex, rest: string): PathPlace {
  const [, turn, approve] = AGENT_CALL.exec(rest) ?? []
  if (turn === undefined) return { ok: false, why: `an agent has no \`${rest}\`` }
  if (Number(turn) >= node.maxTurns) return { ok: false, why: `its agent takes ${node.maxTurns} turns at most` }
  const call = approve ? 'approval' : rest.endsWith('.model') ? 'model' : 'tool'
  return { ok: true, index, call }
}

/** The body that `rest` begins with, and how long its place is; or why there is none. */
function bodyAt(node: PlanNode, rest: string): { body: BodyIndex; length: number } | string {
  const taken = /^!(\d+)/.exec(rest)
  if (taken) {
    const body = node.catch?.[Number(taken[1])]?.body
    return body === undefined ? `its node has no \`catch\` ${taken[1]}` : { body, length: taken[0].length }
  }
  const place = PLACES[node.kind]?.exec(rest)
  if (!place) return `a node of the kind \`${node.kind}\` has no \`${rest}\` inside`
  const { 0: text, 1: first = '', 2: second = '' } = place
  const found = bodyOf(node, first, second)
  return typeof found === 'number' ? { body: found, length: text.length } : found
}

const PLACES: Partial<Record<PlanNode['kind'], RegExp>> = {
  map: /^\[(\d+)\]/,
  loop: /^#(\d+)/,
  machine: /^@(\d+):([A-Za-z][A-Za-z0-9_]*)/,
  switch: /^\?(\d+|else)/,
  graph: /^(?=\.)/,
}

function bodyOf(node: PlanNode, first: string, second: string): BodyIndex | string {
  const at = Number(first)
  switch (node.kind) {
    case 'map':
      if (node.maxItems !== undefined && at >= node.maxItems) return `its map takes ${node.maxItems} items at most`
      return node.do
    case 'loop':
      return at < node.max ? node.do : `its loop goes round ${node.max} times at most`
    case 'machine':
      if (at > node.max) return `its machine makes ${node.max} transitions at most`
      return (
        (Object.hasOwn(node.states, second) ? node.states[second]?.body : undefined) ??
        `there is no state \`${second}\``
      )
    case 'switch':
      return (first === 'else' ? node.else : node.cases[at]?.body) ?? `its switch has no case ${first}`
    case 'graph':
      return node.do
    default:
      return 'it has no body'
  }
}
