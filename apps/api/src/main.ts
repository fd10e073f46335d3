import { createBridge, createCodec } from '@treadle/bridge'
import {
  createBlobRefs,
  createEventLog,
  createKeyStore,
  createPool,
  createReadFunctions,
  createRunStore,
  createSealer,
  createStateStore,
  createWorkflowStore,
  openBlobs,
} from '@treadle/storage'
import { createTracing } from '@treadle/telemetry'
import closeWithGrace from 'close-with-grace'
import { pino } from 'pino'
import { createFindPrincipal } from './auth/principal.ts'
import { buildApi } from './build-api.ts'
import { readConfig } from './config.ts'
import { createCompileDocument } from './documents/compile-document.ts'
import { createServedFunctions } from './documents/served-functions.ts'
import { createReconciler } from './reconciler/reconciler.ts'
import { createTellChildEnds } from './runs/child-ends.ts'
import { createSampleSpec, createSpecOf } from './runs/specs.ts'
import { createStarter } from './runs/starter.ts'

/** A stop takes at most so long: what is still under way then is cut off. */
const STOP_MS_MAX = 25_000

const config = readConfigOrExit()
const logger = pino({ level: config.logLevel, base: { service: 'api' } })

const tracing = await createTracing({ service: 'treadle-api', env: process.env })
const pool = createPool({
  url: config.databaseUrl,
  applicationName: 'treadle-api',
  max: config.databaseConnections,
  log: logger,
})
const sealer = createSealer(config.keyring)
const runs = createRunStore({ pool, runsAtOnce: config.runsAtOnce, sealer, log: logger })
const keys = createKeyStore({ pool })
const workflows = createWorkflowStore({ pool, sealer })
const state = createStateStore({ pool, sealer })
const blobs = openBlobs({ url: config.blobs, keyring: config.keyring })
const log = createEventLog({ pool, listenUrl: config.databaseUrl, blobs, sealer, log: logger })
const blobRefs = createBlobRefs({ pool })
const codec = config.keyring && createCodec(config.keyring)
const bridge = createBridge({
  ...(codec && { codec }),
  address: config.temporalAddress,
  namespace: config.temporalNamespace,
  ...(config.temporalApiKey !== undefined && { apiKey: config.temporalApiKey }),
  ...(config.temporalTls !== undefined && { tls: config.temporalTls }),
})

const starter = createStarter({ bridge, runs, blobRefs, specOf: createSpecOf(config), tracing, log: logger })
const limits = { executionTimeoutMs: config.runTimeoutMs }
// With keys alone its library, a thirtieth of a start, is not loaded.
const verifyToken = config.tokens && (await import('./auth/json-web-tokens.ts')).createVerifyToken(config.tokens)
const app = await buildApi({
  config,
  keys,
  findPrincipal: config.needsKeys ? createFindPrincipal({ keys, verifyToken }) : undefined,
  runs,
  workflows,
  state,
  log,
  blobs,
  blobRefs,
  bridge,
  codec,
  starter,
  compile: createCompileDocument({
    workflows,
    functions: createServedFunctions({ read: createReadFunctions({ pool }), log: logger }),
    models: config.models,
    limits,
  }),
  sampleSpec: createSampleSpec(config),
  parts: [
    { name: 'Postgres', check: () => pool.query('select 1') },
    { name: 'Temporal', check: bridge.checkHealth },
    { name: 'the blob store', check: blobs.check },
  ],
  logger,
  tracing,
})
const reconciler = createReconciler({
  runs,
  bridge,
  starter,
  tellChildEnds: createTellChildEnds({ runs, bridge }),
  intervalMs: config.reconcileIntervalMs,
  log: logger,
})

// In the order of leaning: first nobody comes in any more, then nothing goes on, then what it leaned on ends.
closeWithGrace({ delay: STOP_MS_MAX, logger: false }, async ({ err, signal }) => {
  if (err) logger.fatal({ err }, 'The API stops because of an error')
  else logger.info({ signal }, 'stopping')
  await app.close()
  await reconciler.stop()
  await starter.drain()
  await log.stop()
  await Promise.all([bridge.close(), blobs.close(), pool.end(), tracing?.close()])
  logger.info('stopped')
})

await log.start()
await app.listen({ host: config.host, port: config.port })
reconciler.start()
logger.info({ host: config.host, port: portOf(app.server.address()) }, 'listening')

function portOf(address: ReturnType<typeof app.server.address>): number {
  return typeof address === 'object' && address !== null ? address.port : config.port
}

function readConfigOrExit() {
  try {
    return readConfig(process.env)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  }
}
