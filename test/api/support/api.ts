import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  buildApi,
  createCompileDocument,
  createFindPrincipal,
  createSampleSpec,
  createSpecOf,
  createStarter,
  createVerifyToken,
  type TokenOptions,
} from '@treadle/api'
import { type Bridge, createBridge } from '@treadle/bridge'
import { freePort } from '@treadle/local'
import {
  createBlobRefs,
  createKeyStore,
  createRunStore,
  createStateStore,
  createWorkflowStore,
  openBlobs,
} from '@treadle/storage'
import { pino } from 'pino'
import { afterAll, beforeAll } from 'vitest'
import { openStorage, type Storage } from '../../storage/support/storage.ts'

/** The table of models that it has. */
const MODELS = { priced: { maxOutputTokens: 100, inputPrice: 1, outputPrice: 10 }, unpriced: { maxOutputTokens: 100 } }

export type TestApi = Storage & {
  app: Awaited<ReturnType<typeof buildApi>>
  bridge: Bridge
  /** Where its blobs lie. */
  blobFolder: string
  /** What it logged, line by line. */
  logged: Record<string, unknown>[]
}

export type TestApiOptions = {
  bodyBytesMax?: number
  heartbeatMs?: number
  stallMs?: number
  corsOrigins?: string[]
  runsAtOnce?: number
  requestsAMinute?: number
  /** Default 0: two cores for all tests are late, and not overloaded. */
  eventLoopDelayMsMax?: number
  /** Whether callers need a key. Default false. */
  needsKeys?: boolean
  tokens?: TokenOptions
  timeouts?: { headersMs: number; requestMs: number }
}

/**
 * An API in this process on a real Postgres, with a Temporal that cannot be reached: what it answers then is what it
 * answers by itself. Returns how to get at it from within a test.
 */
export function useApi(options: TestApiOptions = {}): () => TestApi {
  let api: (TestApi & { close(): Promise<void> }) | undefined
  beforeAll(async () => {
    api = await openApi(options)
  })
  afterAll(() => api?.close())
  return () => {
    if (!api) throw new Error('The API is there only inside of tests.')
    return api
  }
}

export async function openApi(options: TestApiOptions): Promise<TestApi & { close(): Promise<void> }> {
  const { bodyBytesMax = 4 * 1024 * 1024, heartbeatMs = 10_000, stallMs = 15_000 } = options
  const { eventLoopDelayMsMax = 0, corsOrigins = [], runsAtOnce, requestsAMinute, needsKeys = false, tokens } = options
  const storage = await openStorage()
  const runs = createRunStore({ pool: storage.api, runsAtOnce })
  const keys = createKeyStore({ pool: storage.api })
  const verifyToken = tokens && createVerifyToken(tokens)
  const folder = await mkdtemp(join(tmpdir(), 'treadle-api-'))
  const blobs = openBlobs({ url: pathToFileURL(folder).href })
  const bridge = createBridge({ address: `127.0.0.1:${await freePort()}`, namespace: 'default', callTimeoutMs: 500 })
  const logged: Record<string, unknown>[] = []
  const logger = pino({ level: 'debug' }, { write: (line: string) => void logged.push(JSON.parse(line)) })
  const workflows = createWorkflowStore({ pool: storage.api })
  const config = { runTimeoutMs: 86_400_000 }
  const blobRefs = createBlobRefs({ pool: storage.api })
  const starter = createStarter({ bridge, runs, blobRefs, specOf: createSpecOf(config), log: logger })
  const app = await buildApi({
    config: { bodyBytesMax, heartbeatMs, stallMs, corsOrigins, requestsAMinute, eventLoopDelayMsMax },
    keys,
    findPrincipal: needsKeys ? createFindPrincipal({ keys, verifyToken }) : undefined,
    runs,
    workflows,
    state: createStateStore({ pool: storage.api }),
    log: storage.log,
    blobs,
    blobRefs,
    bridge,
    starter,
    compile: createCompileDocument({ workflows, functions: async () => undefined, models: MODELS }),
    sampleSpec: createSampleSpec(config),
    parts: [
      { name: 'Postgres', check: () => storage.api.query('select 1') },
      { name: 'Temporal', check: bridge.checkHealth },
      { name: 'the blob store', check: blobs.check },
    ],
    logger,
    ...(options.timeouts && { timeouts: options.timeouts }),
  })
  return {
    ...storage,
    app,
    bridge,
    blobFolder: folder,
    logged,
    async close() {
      await app.close()
      await starter.drain()
      await bridge.close()
      await blobs.close()
      await storage.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
