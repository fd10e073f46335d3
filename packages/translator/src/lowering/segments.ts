import { activityTaskQueue, type Placement, type PlanSegment } from '@treadle/contract'
import type { Body, Program, ProgramNode } from '../program/program.ts'
import { mannerOf, runtimeOf } from './placement.ts'

/**
 * Places every node of a body, and adds the body's segments to `segments`.
 *
 * A segment is a set of short nodes and values with the same *outer frontier*: the nodes and segments that have to be done
 * before it, itself left out. So all members can start at the same moment, a member waits for nothing outside that did not
 * hold already, and fusing never delays a node. Since a frontier holds those of all that is in it, no two segments can
 * wait for each other. Values that no short node of the segment reads are left to the workflow.
 */
export function planSegments(
  body: Body,
  program: Program,
  numbers: Map<ProgramNode, number>,
  bodyNumber: number,
  segments: PlanSegment[],
): Map<ProgramNode, Placement> {
  const placements = new Map<ProgramNode, Placement>()
  const manners = new Map(body.order.map((node) => [node, mannerOf(node, program)]))
  for (const members of group(body.order, manners)) {
    const needed = withoutLooseValues(members, manners)
    const [first, ...others] = needed.map((node) => numbers.get(node) ?? -1)
    if (first === undefined) continue
    const segment = segments.push({ body: bodyNumber, nodes: [first, ...others] }) - 1
    for (const node of needed) placements.set(node, { in: 'segment', segment })
  }
  for (const node of body.order) {
    if (placements.has(node)) continue
    const isActivity = manners.get(node) === 'activity'
    const queue = activityTaskQueue(runtimeOf(node, program) ?? 'typescript')
    placements.set(node, isActivity ? { in: 'activity', queue } : { in: 'workflow' })
  }
  return placements
}

/** Members with the same frontier. `nodes` and `groups` are what has to be done before them; what those imply is left out. */
type Group = { members: ProgramNode[]; frontier: Frontier }

type Frontier = Set<ProgramNode | Group>

function group(order: ProgramNode[], manners: Map<ProgramNode, string>): ProgramNode[][] {
  const groups: Group[] = []
  const groupOf = new Map<ProgramNode, Group>()
  const byFrontier = new Map<string, Group>()
  const names = new Map<ProgramNode | Group, number>()

  for (const node of order) {
    names.set(node, names.size)
    if (manners.get(node) !== 'short' && manners.get(node) !== 'value') continue
    const needs: Frontier = new Set([...node.deps].map((dep) => groupOf.get(dep) ?? dep))
    const target = joinable(needs) ?? groupAfter(reduce(needs))
    target.members.push(node)
    groupOf.set(node, target)
  }
  return groups.map(({ members }) => members)

  /** A group that the node waits for, where all else that it waits for is done before that group anyway. */
  function joinable(needs: Frontier): Group | undefined {
    for (const own of needs) {
      if (!isGroup(own)) continue
      if ([...needs].every((each) => each === own || isImplied(each, own))) return own
    }
    return undefined
  }

  function groupAfter(frontier: Frontier): Group {
    const key = [...frontier]
      .map((each) => names.get(each))
      .sort()
      .join(' ')
    const known = byFrontier.get(key)
    if (known) return known
    const created: Group = { members: [], frontier }
    names.set(created, names.size)
    groups.push(created)
    byFrontier.set(key, created)
    return created
  }

  /** Says that `earlier` is done before `later` can begin; looks one step back, so that the work stays linear. */
  function isImplied(earlier: ProgramNode | Group, later: ProgramNode | Group): boolean {
    if (isGroup(later)) return later.frontier.has(earlier)
    return [...later.deps].some((dep) => dep === earlier || groupOf.get(dep) === earlier)
  }

  function reduce(needs: Frontier): Frontier {
    const all = [...needs]
    if (all.length > FRONTIER_MAX) return needs
    return new Set(all.filter((each) => !all.some((other) => other !== each && isImplied(each, other))))
  }
}

/** Above this the work of leaving out what is implied would grow with the square; without it, fewer nodes are fused. */
const FRONTIER_MAX = 50

const isGroup = (each: ProgramNode | Group): each is Group => 'members' in each

/** The members without the values that only others, outside of the segment, read. */
function withoutLooseValues(members: ProgramNode[], manners: Map<ProgramNode, string>): ProgramNode[] {
  const read = new Set<ProgramNode>()
  const needed = [...members].reverse().filter((node) => {
    const isNeeded = manners.get(node) === 'short' || read.has(node)
    if (isNeeded) for (const dep of node.deps) read.add(dep)
    return isNeeded
  })
  return needed.reverse()
}
