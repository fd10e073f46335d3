import { getHeapStatistics } from 'node:v8'
import underPressure from '@fastify/under-pressure'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { accessOf } from '../auth/scopes.ts'
import { problem } from './problem.ts'

export type PressureOptions = {
  /** Milliseconds, on average over a second, that the event loop may be late. */
  eventLoopDelayMsMax: number
}

/** Of the heap that V8 takes at most: past it garbage is collected more than requests are answered. */
const HEAP_SHARE_MAX = 0.9

/** Turns requests away while the process is at its limit, so that those under way end; whether it lives is told all the same. */
export const pressure = fastifyPlugin<PressureOptions>(
  async (app: FastifyInstance, { eventLoopDelayMsMax }) => {
    await app.register(underPressure, {
      maxEventLoopDelay: eventLoopDelayMsMax,
      maxHeapUsedBytes: Math.floor(getHeapStatistics().heap_size_limit * HEAP_SHARE_MAX),
      pressureHandler: (request: FastifyRequest) => {
        if (accessOf({ method: request.method, config: request.routeOptions.config }) === 'public') return
        throw problem('overloaded', 'The server is at its limit. Nothing was changed.')
      },
    })
  },
  { name: 'pressure', dependencies: ['problems'] },
)
