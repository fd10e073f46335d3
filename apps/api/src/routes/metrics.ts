import type { FastifyPluginAsync } from 'fastify'
import { problemAnswers } from '../openapi/refs.ts'

export const metricsRoute: FastifyPluginAsync = async (app) => {
  app.get(
    '/metrics',
    {
      config: { access: 'metrics:read' },
      schema: {
        operationId: 'getMetrics',
        tags: ['documentation'],
        summary: 'Get the metrics of the process',
        description: 'In the text format of Prometheus.',
        response: {
          200: { description: 'The metrics.', content: { 'text/plain': { schema: { type: 'string' } } } },
          ...problemAnswers(),
        },
      },
    },
    async (_, reply) => reply.type(app.metrics.contentType).send(await app.metrics.text()),
  )
}
