/**
 * Writes openapi.yaml from the routes, at the root of the repository. With --check nothing is written: exit code 1 where it
 * differs.
 */
import { writeGenerated } from '../../../scripts/generated-files.mjs'
import { buildApi } from '../dist/build-api.js'

const file = new URL('../../../openapi.yaml', import.meta.url)
const silent = { info() {}, warn() {}, error() {}, debug() {}, trace() {}, fatal() {}, child: () => silent }

// Only what the routes say of themselves is read: none of the parts is ever called.
const app = await buildApi({
  config: { bodyBytesMax: 1024, heartbeatMs: 1000, stallMs: 1000, corsOrigins: [], eventLoopDelayMsMax: 0 },
  keys: {},
  runs: {},
  workflows: {},
  state: {},
  log: {},
  blobs: {},
  blobRefs: {},
  bridge: {},
  starter: {},
  compile: {},
  sampleSpec: {},
  parts: [],
  logger: silent,
})
const text = `# Made by apps/api/scripts/openapi.mjs from the routes and schemas/. Do not edit: npm run generate.\n${app.openapiText()}`
await app.close()

writeGenerated(new Map([[file, text]]), 'the routes')
