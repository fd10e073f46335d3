import { expect, test } from 'vitest'
import { allowedMethods, routeShape } from './allowed-methods.ts'

const routes = [
  routeShape('/runs', 'POST'),
  routeShape('/runs', ['GET', 'HEAD']),
  routeShape('/runs/:runId', 'GET'),
  routeShape('/openapi.yaml', 'GET'),
]

for (const [url, methods] of [
  ['/runs', 'GET HEAD POST'],
  ['/runs?limit=1', 'GET HEAD POST'],
  ['/runs/run_1', 'GET'],
  ['/runs/run_1/more', ''],
  ['/openapixyaml', ''],
] as const) {
  test(`${url} takes ${methods || 'nothing'}`, () => expect(allowedMethods(routes, url).join(' ')).toBe(methods))
}
