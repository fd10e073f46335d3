import { problem } from './problem.ts'

/** A route's pattern, to tell a wrong method from a wrong path. */
export type RouteShape = { matches: RegExp; methods: string[] }

export const routeShape = (url: string, method: string | string[]): RouteShape => ({
  matches: new RegExp(`^${url.split('/').map(segmentPattern).join('/')}/?$`),
  methods: [method].flat(),
})

/** The methods that some route has for the path of `url`, sorted; empty when none has that path. */
export function allowedMethods(routes: readonly RouteShape[], url: string): string[] {
  const [path = ''] = url.split('?')
  return [...new Set(routes.filter(({ matches }) => matches.test(path)).flatMap(({ methods }) => methods))].sort()
}

const segmentPattern = (segment: string): string =>
  segment.startsWith(':') ? '[^/]+' : segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

export const wrongMethod = (method: string, allowed: readonly string[]) =>
  problem('method-not-allowed', `${method} is not taken here, but ${allowed.join(', ')}.`, {
    headers: { allow: allowed.join(', ') },
  })
