import type { Bridge, Codec } from '@treadle/bridge'
import type { BlobRefs, BlobStore, EventLog, KeyStore, RunStore, StateStore, WorkflowStore } from '@treadle/storage'
import type { Tracing } from '@treadle/telemetry'
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { authentication } from './auth/authentication.ts'
import type { Principal } from './auth/principal.ts'
import { rateLimit } from './auth/rate-limit.ts'
import type { Config } from './config.ts'
import type { CompileDocument } from './documents/compile-document.ts'
import { createForkRun } from './forks/fork-run.ts'
import { bodies } from './http/bodies.ts'
import { browsers } from './http/browsers.ts'
import { answerClientError } from './http/client-error.ts'
import { closeIdleConnections } from './http/connections.ts'
import { metrics } from './http/metrics.ts'
import { pressure } from './http/pressure.ts'
import { problem } from './http/problem.ts'
import { answerBadUrl, problems } from './http/problems.ts'
import { requestContext, requestIdOf } from './http/request-context.ts'
import { requestTimeout } from './http/request-timeout.ts'
import { requestTracing } from './http/tracing.ts'
import { createValidatorCompiler } from './http/validation.ts'
import { openapi } from './openapi/openapi.ts'
import { blobRoutes } from './routes/blobs.ts'
import { checkDocumentRoutes } from './routes/check-document.ts'
import { controlRunRoutes } from './routes/control-run.ts'
import { createStreamTicketRoute } from './routes/create-stream-ticket.ts'
import { decodePayloadsRoute } from './routes/decode-payloads.ts'
import { docsRoutes } from './routes/docs.ts'
import { documentationRoutes } from './routes/documentation.ts'
import { eraseRunRoute } from './routes/erase-run.ts'
import { forkRunRoutes } from './routes/fork-run.ts'
import { getCheckpointsRoutes } from './routes/get-checkpoints.ts'
import { getEventsRoute } from './routes/get-events.ts'
import { getGraphRoute } from './routes/get-graph.ts'
import { getPendingRoute } from './routes/get-pending.ts'
import { getResultRoute } from './routes/get-result.ts'
import { getRunRoute } from './routes/get-run.ts'
import { getStateRoute } from './routes/get-state.ts'
import { getWorkflowRoutes } from './routes/get-workflow.ts'
import { healthRoutes, type Part } from './routes/health.ts'
import { labelWorkflowRoutes } from './routes/label-workflow.ts'
import { listRunsRoute } from './routes/list-runs.ts'
import { metricsRoute } from './routes/metrics.ts'
import { putWorkflowRoute } from './routes/put-workflow.ts'
import { sendSignalRoute } from './routes/send-signal.ts'
import { startRunRoute } from './routes/start-run.ts'
import { streamRunRoute } from './routes/stream-run.ts'
import { streamRunsRoute } from './routes/stream-runs.ts'
import { createCheckValue } from './runs/check-value.ts'
import { createTellChildEnds } from './runs/child-ends.ts'
import { createControlRun } from './runs/control-run.ts'
import { createDeliverSignal } from './runs/deliver-signal.ts'
import { createEraseRun } from './runs/erase-run.ts'
import type { SampleSpec } from './runs/specs.ts'
import { createStartRun } from './runs/start-run.ts'
import type { Starter } from './runs/starter.ts'
import { createStreams } from './stream/streams.ts'
import { createStoreWorkflow } from './workflows/store-workflow.ts'

export type ApiParts = {
  config: Pick<
    Config,
    'bodyBytesMax' | 'heartbeatMs' | 'stallMs' | 'corsOrigins' | 'requestsAMinute' | 'eventLoopDelayMsMax'
  >
  keys: KeyStore
  /** Whose a bearer token is; undefined: everybody may do everything, on a loopback address alone. */
  findPrincipal: ((token: string) => Promise<Principal | undefined>) | undefined
  runs: RunStore
  workflows: WorkflowStore
  state: StateStore
  log: EventLog
  blobs: BlobStore
  blobRefs: BlobRefs
  bridge: Bridge
  /** Decrypts what Temporal's own tools show; undefined: nothing is encrypted. */
  codec?: Codec | undefined
  starter: Starter
  compile: CompileDocument
  sampleSpec: SampleSpec
  /** What `/readyz` looks at. */
  parts: readonly Part[]
  logger: FastifyBaseLogger
  tracing?: Tracing | undefined
  /** How long the headers, and the whole of a request, may take to come. Default: 10 s and 30 s. */
  timeouts?: { headersMs: number; requestMs: number }
}

/** All headers of a request together; Node's own default too. */
const HEADER_BYTES_MAX = 16 * 1024
const TIMEOUTS = { headersMs: 10_000, requestMs: 30_000 }
/** Then a client connects anew, perhaps to another process behind the same balancer. */
const REQUESTS_PER_SOCKET_MAX = 1_000
/** How often Node looks for headers that are late. Its own default of 30 s would let them be that much later. */
const TIMEOUTS_CHECKED_MS = 1_000

/** The API, ready for `inject` or `listen`. Closing it sends streams away and waits for the requests under way. */
export async function buildApi(api: ApiParts): Promise<FastifyInstance> {
  const {
    config,
    keys,
    findPrincipal,
    runs,
    workflows,
    log,
    blobs,
    blobRefs,
    bridge,
    starter,
    compile,
    sampleSpec,
    parts,
    logger,
    state,
    tracing,
    timeouts = TIMEOUTS,
  } = api
  const app: FastifyInstance = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: requestIdOf,
    requestIdHeader: false,
    bodyLimit: config.bodyBytesMax,
    maxRequestsPerSocket: REQUESTS_PER_SOCKET_MAX,
    requestTimeout: 0, // By route, see requestTimeout: a large value takes as long as it takes.
    http: {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: timeouts.headersMs,
      connectionsCheckingInterval: TIMEOUTS_CHECKED_MS,
    },
    clientErrorHandler: (error, socket) => answerClientError(error, socket, app.allowedMethodsOf),
    frameworkErrors: answerBadUrl,
    return503OnClosing: false, // It would answer with no problem document; the hook below does.
    routerOptions: { maxParamLength: 200 },
  })
  let isStopping = false
  const streams = createStreams({ log, heartbeatMs: config.heartbeatMs, stallMs: config.stallMs, logger })
  app.addHook('preClose', async () => {
    isStopping = true
    streams.close()
  })
  closeIdleConnections(app)

  app.setValidatorCompiler(createValidatorCompiler())
  app.setSerializerCompiler(() => (value) => JSON.stringify(value))
  await app.register(requestContext)
  await app.register(requestTracing, { tracing })
  await app.register(metrics)
  await app.register(problems)
  app.addHook('onRequest', async () => {
    if (isStopping) throw problem('overloaded', 'The server is stopping.')
  })
  await app.register(pressure, config)
  await app.register(browsers, config)
  await app.register(authentication, {
    findPrincipal,
    keys,
    onRefused: (request) => app.refuseTooManyRefusals(request),
  })
  await app.register(rateLimit, { requestsAMinute: config.requestsAMinute, keys })
  await app.register(requestTimeout, { timeoutMs: timeouts.requestMs })
  await app.register(bodies)
  await app.register(openapi)

  const checkValue = createCheckValue()
  const startRun = createStartRun({ runs, workflows, blobs, blobRefs, compile, checkValue, starter })
  const forkRun = createForkRun({ runs, state, blobs, blobRefs, compile, checkValue, starter })
  const deliverSignal = createDeliverSignal({ runs, log, bridge, blobs, blobRefs, checkValue })
  const storeWorkflow = createStoreWorkflow({ workflows, blobs, blobRefs })
  const control = createControlRun({ runs, bridge, tellChildEnds: createTellChildEnds({ runs, bridge }), log: logger })

  await app.register(startRunRoute, { startRun, runs, log, streams })
  await app.register(listRunsRoute, { runs })
  await app.register(getRunRoute, { runs })
  await app.register(getResultRoute, { runs, log })
  await app.register(getStateRoute, { runs })
  await app.register(getCheckpointsRoutes, { state, blobs })
  await app.register(getGraphRoute, { runs, state })
  await app.register(forkRunRoutes, { forkRun })
  await app.register(eraseRunRoute, { eraseRun: createEraseRun({ runs, bridge, log: logger }) })
  await app.register(blobRoutes, { blobs, blobRefs, runs })
  await app.register(getPendingRoute, { runs, blobs })
  await app.register(getEventsRoute, { log })
  await app.register(streamRunRoute, { runs, log, streams })
  await app.register(createStreamTicketRoute, { runs, keys })
  await app.register(streamRunsRoute, { runs, log, streams })
  await app.register(sendSignalRoute, { deliverSignal, runs })
  await app.register(controlRunRoutes, { control, runs })
  await app.register(checkDocumentRoutes, { compile, sampleSpec })
  await app.register(putWorkflowRoute, { compile, storeWorkflow })
  await app.register(getWorkflowRoutes, { workflows })
  await app.register(labelWorkflowRoutes, { workflows })
  await app.register(decodePayloadsRoute, { codec: api.codec })
  await app.register(documentationRoutes)
  await app.register(docsRoutes)
  await app.register(metricsRoute)
  await app.register(healthRoutes, { parts, isStopping: () => isStopping })
  await app.ready()
  return app
}
