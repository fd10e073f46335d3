import { isRecord } from '../program/is-record.ts'

/** Above this many states nothing is said: the work grows with the square. */
const STATES_MAX = 200

/**
 * For each state of a machine the states that have run whenever it is entered: those that no way from the start goes
 * around. A state that cannot be reached has none.
 */
export function alwaysBefore(start: string, states: Record<string, unknown>): Map<string, Set<string>> {
  const ids = Object.keys(states)
  const before = new Map(ids.map((id) => [id, new Set<string>()]))
  if (ids.length > STATES_MAX) return before
  const all = reachableStates(start, states)
  for (const avoided of all) {
    const others = avoided === start ? new Set<string>() : reachableStates(start, states, avoided)
    for (const id of all) if (id !== avoided && !others.has(id)) before.get(id)?.add(avoided)
  }
  return before
}

/** The states that can be entered, from `start` on, without entering `avoided`. */
export function reachableStates(start: string, states: Record<string, unknown>, avoided?: string): Set<string> {
  const found = new Set(Object.hasOwn(states, start) ? [start] : [])
  for (const id of found) {
    for (const to of targetsOf(states[id])) if (to !== avoided && Object.hasOwn(states, to)) found.add(to)
  }
  return found
}

/** Where a state can go; what stands after a transition without condition is never taken. */
function targetsOf(state: unknown): string[] {
  if (!isRecord(state) || !Array.isArray(state.next)) return []
  const targets: string[] = []
  for (const transition of state.next) {
    if (!isRecord(transition)) continue
    if (typeof transition.to === 'string') targets.push(transition.to)
    if (transition.when === undefined) break
  }
  return targets
}
