import type { Path } from '@treadle/contract'

/** What follows a container's path in the paths of what is inside it (`Path` in schemas/common.v1.schema.json). */
const INSIDE = /[.[#@?!~]/g

/**
 * Which outputs a fork takes over, of those that there are (oldest first), where `given` ones come in their place.
 * 1. Of what is inside a container whose output is taken over, nothing: it is not gone through again.
 * 2. A container around a given output is gone through again, with all that was done inside it.
 * 3. What is inside a container whose output is given is not needed.
 */
export function choosePoints<Point extends { path: Path }>(points: readonly Point[], given: readonly Path[]): Point[] {
  const changed = new Set(given)
  const around = new Set(given.flatMap(containersOf))
  const kept = points.filter(({ path }) => !changed.has(path) && !around.has(path))
  const whole = new Set([...kept.map(({ path }) => path), ...given])
  return kept.filter(({ path }) => !containersOf(path).some((container) => whole.has(container)))
}

/** Every path that could be that of a container of this one. */
const containersOf = (path: Path): Path[] => [...path.matchAll(INSIDE)].map(({ index }) => path.slice(0, index))
