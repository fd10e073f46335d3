import type { ModelTable } from '@treadle/contract/settings'
import { mannerOf } from '../lowering/placement.ts'
import { isConstant } from '../program/conditions.ts'
import type { Body, InnerRole, Program, ProgramNode } from '../program/program.ts'
import type { FunctionSignature } from '../translate-options.ts'
import { type Amounts, amounts, atLeast, either, optional, rangeOf, sum, times, withRange } from './amounts.ts'
import { attemptsOf } from './attempts.ts'
import { callAmounts } from './call-amounts.ts'
import { mapBoundOf } from './list-bound.ts'
import { reachableStates } from './state-order.ts'

/**
 * Above this many events of one history the interpreter continues as new. The server warns at 10,240, ends a workflow at
 * 51,200, and every replay reads all of them.
 */
export const HISTORY_EVENTS_MAX = 10_000

/** Events of Temporal's history, at least and at most, of what the interpreter does. A workflow task is three. */
const EVENTS = {
  /** Started, its first task, and the last event. */
  run: { least: 5, most: 12 },
  /** Scheduled, started, completed, and the workflow task that hears of it. */
  activity: { least: 3, most: 7 },
  /** A marker, and the workflow task that writes it. A segment of several nodes has one for all. */
  short: { least: 0, most: 4 },
  /** Started and fired or cancelled; a `record` before it, and the tasks around. */
  wait: { least: 1, most: 12 },
  /** Accepted and completed, its timer, and the tasks around. */
  signal: { least: 1, most: 16 },
  /** Start and end of a child, each with its tasks. */
  child: { least: 2, most: 16 },
}

export type BoundOptions = { functions: FunctionSignature[] | undefined; models: ModelTable }

/**
 * Pass 6: what a run can take. `least` is of the runs that complete; `most` of all. Children are counted in, but for
 * their own histories. An inner run that nothing is known of is not bounded.
 */
export function measureProgram(program: Program, options: BoundOptions): Amounts {
  return sum([amounts({ historyEvents: EVENTS.run }), measureBody(program.root, { program, options })])
}

type Context = { program: Program; options: BoundOptions }

function measureBody(body: Body, context: Context): Amounts {
  return sum(body.nodes.map((node) => measureNode(node, context)))
}

function measureNode(node: ProgramNode, context: Context): Amounts {
  const own = sum([ONE_RUN, measureKind(node, context)])
  const caught = node.bodies.filter(({ role }) => role === 'catch').map(({ body }) => measureBody(body, context))
  // Whatever failed took part of its own amounts, and then one of the catch bodies.
  const whole = caught.length === 0 ? own : withCatch(own, either(caught))
  const when = node.ir.when
  if (isConstant(when, false)) return amounts()
  return when === undefined || isConstant(when, true) ? whole : optional(whole)
}

function withCatch(own: Amounts, caught: Amounts): Amounts {
  const failed = sum([ONE_RUN, optional(own), caught])
  return atLeast(sum([own, optional(caught)]), failed)
}

const ONE_RUN = amounts({ nodeRuns: { least: 1, most: 1 } })

function measureKind(node: ProgramNode, context: Context): Amounts {
  const { ir } = node
  const inner = (role: InnerRole, key?: string) =>
    node.bodies
      .filter((each) => each.role === role && (key === undefined || each.key === key))
      .map(({ body }) => measureBody(body, context))
  switch (ir.kind) {
    case 'llm':
    case 'agent':
    case 'tool':
      return withHistory(
        node,
        times(callAmounts(node, context.program, context.options.models), node.ir.cache ? 0 : 1, 1),
        context,
      )
    case 'emit':
    case 'checkpoint':
      return withHistory(node, amounts({ activities: { least: 1, most: attemptsOf(node) } }), context)
    case 'switch': {
      const taken = [...inner('case'), ...inner('else')]
      const hasElse = node.bodies.some(({ role }) => role === 'else')
      return either(hasElse ? taken : [...taken, amounts()])
    }
    case 'map': {
      const most = mapBoundOf(node, { program: context.program, functions: context.options.functions })
      return times(sum(inner('do')), 0, most ?? Number.POSITIVE_INFINITY)
    }
    case 'loop':
      return times(sum(inner('do')), ir.until === undefined ? ir.max : 1, ir.max)
    case 'machine':
      return measureMachine(node, inner)
    case 'graph':
      return sum(inner('do'))
    case 'wait':
      return amounts({ historyEvents: EVENTS.wait })
    case 'receive':
      return amounts({ historyEvents: EVENTS.signal })
    case 'run':
      return measureRun(node, context)
    default:
      return amounts()
  }
}

/** Every state that is entered is left by a transition, or ends the machine: so at most `max` and one are executed. */
function measureMachine(node: ProgramNode, inner: (role: InnerRole, key?: string) => Amounts[]): Amounts {
  if (node.ir.kind !== 'machine') return amounts()
  const { start, states, max } = node.ir
  const reached = either([...reachableStates(start, states)].flatMap((id) => inner('state', id)))
  return atLeast(times(reached, 1, max + 1), sum(inner('state', start)))
}

function measureRun(node: ProgramNode, context: Context): Amounts {
  const history = amounts({ historyEvents: EVENTS.child })
  if (!node.child) return sum([history, UNKNOWN])
  const child = measureProgram(node.child, context.options)
  const counted = withRange(child, 'historyEvents', { least: 0, most: 0 })
  // A detached child may still be running when its parent has ended.
  const isDetached = node.ir.kind === 'run' && node.ir.mode === 'detach'
  return sum([history, isDetached ? optional(counted) : counted])
}

const ANY = { least: 0, most: Number.POSITIVE_INFINITY }
const UNKNOWN = amounts({
  nodeRuns: ANY,
  llmCalls: ANY,
  toolCalls: ANY,
  activities: ANY,
  outputTokens: ANY,
  costUsd: ANY,
})

/** Attempts of an activity leave no events: Temporal keeps count of them without. */
function withHistory(node: ProgramNode, taken: Amounts, { program }: Context): Amounts {
  const events = mannerOf(node, program) === 'short' ? EVENTS.short : EVENTS.activity
  const { least, most } = rangeOf(taken, 'activities')
  return withRange(taken, 'historyEvents', {
    least: least * events.least,
    most: (most / attemptsOf(node)) * events.most,
  })
}
