import { isLastEvent } from '@treadle/contract'
import type { SerialisedEvent } from '@treadle/storage'

export type EventFilter = (event: SerialisedEvent) => boolean

/** What may follow the path of a node in the path of one inside of it (`Path` in schemas/common.v1.schema.json). */
const WITHIN = new Set(['.', '[', '#', '@', '?', '!', '~'])

/**
 * Which events a reader gets: those of `types`, and of the nodes under `nodes`. Without either, all. The last event of a run
 * always comes through: it is how a reader knows that there are no more.
 */
export function eventFilter({ types, nodes }: { types?: readonly string[]; nodes?: readonly string[] }): EventFilter {
  const wanted = types && new Set(types)
  return ({ type, node }) =>
    isLastEvent(type) ||
    ((!wanted || wanted.has(type)) && (!nodes || (node !== undefined && nodes.some((path) => isWithin(path, node)))))
}

const isWithin = (container: string, path: string): boolean =>
  path === container || (path.startsWith(container) && WITHIN.has(path.charAt(container.length)))

/** `a,b` and a repeated parameter mean the same; undefined where there is none. */
export const listOf = (values: readonly string[] | undefined): string[] | undefined =>
  values?.flatMap((value) => value.split(',')).filter((value) => value !== '')
