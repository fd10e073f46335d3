import { defineConfig } from 'vitest/config'

// Sources, not builds: a unit test never runs stale output. `conditions` picks "treadle-source" of each package's exports.
const resolve = { conditions: ['treadle-source'] }
const ssr = { resolve: { conditions: ['treadle-source'] } }

export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'unit',
          include: ['{packages,apps}/*/src/**/*.test.ts', 'scripts/**/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'stack',
          include: ['test/**/*.test.ts'],
          globalSetup: 'test/support/global-setup.ts',
          // Two cores: one stack at a time, so that a slow neighbour is never the cause of a failure.
          fileParallelism: false,
          // Modules are read, and get warm, once for all files: a third less time.
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
