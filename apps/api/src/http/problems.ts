import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { allowedMethods, type RouteShape, routeShape, wrongMethod } from './allowed-methods.ts'
import { type ProblemAnswer, problem, problemBody, problemHeaders } from './problem.ts'
import { contextHeaders, continueTrace } from './request-context.ts'
import { toProblem } from './to-problem.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The methods that some route has for this path. */
    allowedMethodsOf(url: string): string[]
  }
}

/** Every answer that is no success is a problem document: ours, the framework's, a missing route, a wrong method. */
export const problems = fastifyPlugin(
  async (app: FastifyInstance) => {
    const routes: RouteShape[] = []
    app.addHook('onRoute', (route) => {
      routes.push(routeShape(route.url, route.method))
    })

    app.decorate('allowedMethodsOf', (url) => allowedMethods(routes, url))

    const missing = ({ url, method }: FastifyRequest): ProblemAnswer => {
      const allowed = allowedMethods(routes, url)
      return allowed.length > 0 && !allowed.includes(method)
        ? wrongMethod(method, allowed)
        : problem('not-found', 'There is no such route: GET /openapi.yaml lists them.')
    }

    app.setErrorHandler((error: Partial<FastifyError>, request, reply) => {
      // Where no route is, what the framework would say of the body does not matter.
      const answer = request.is404 && error.code?.startsWith('FST_ERR') ? missing(request) : toProblem(error)
      if (answer.problem === 'internal') request.log.error({ err: error }, 'A request failed')
      else if (answer.extras.cause !== undefined) request.log.warn({ err: answer.extras.cause }, answer.message)
      return sendProblem(request, reply, answer)
    })

    app.setNotFoundHandler((request, reply) => sendProblem(request, reply, missing(request)))
  },
  { name: 'problems', dependencies: ['request-context'] },
)

/** A URL that cannot be decoded meets no route and no hook, so the ids of the request are put in here. */
export function answerBadUrl(_: unknown, request: FastifyRequest, reply: FastifyReply): void {
  request.traceparent = continueTrace(request.headers.traceparent)
  reply.headers(contextHeaders(request))
  void sendProblem(request, reply, problem('malformed-request', 'The path cannot be decoded.'))
}

function sendProblem(request: FastifyRequest, reply: FastifyReply, answer: ProblemAnswer) {
  const body = problemBody(answer, request.id)
  return reply.code(body.status).headers(problemHeaders(answer)).send(JSON.stringify(body))
}
