import { expect, test } from 'vitest'
import { readConfig } from './config.ts'

test('an empty environment gives a configuration that works', () => {
  expect(readConfig({ HOME: '/home/ada' })).toMatchObject({
    apiPort: 8080,
    temporalPort: 7233,
    cacheFolder: '/home/ada/.cache/treadle',
    temporalAddress: undefined,
    openai: { apiKey: undefined, baseUrl: undefined },
    firstRun: true,
  })
})

test('every bad variable is named at once, with what it should be', () => {
  const env = {
    TREADLE_API_PORT: 'eighty',
    TREADLE_TOOLS_PORT: '70000',
    TEMPORAL_ADDRESS: 'http://temporal',
    OPENAI_BASE_URL: 'localhost:9999',
    TREADLE_POSTGRES_URL: 'mysql://root:hunter2@db',
    TREADLE_FIRST_RUN: 'maybe',
    XDG_CACHE_HOME: 'cache',
  }
  const message = String(messageOf(() => readConfig(env)))
  for (const name of Object.keys(env)) expect(message).toContain(`\n  ${name}: `)
  expect(message).toContain('TREADLE_API_PORT: "eighty" is no port (a number from 0 to 65535; 0 means any free one)')
  expect(message).not.toContain('hunter2')
})

test('an empty variable counts as none', () => {
  expect(readConfig({ TREADLE_API_PORT: '', OPENAI_API_KEY: ' ' })).toMatchObject({
    apiPort: 8080,
    openai: { apiKey: undefined },
  })
})

function messageOf(act: () => unknown): unknown {
  try {
    act()
    return undefined
  } catch (error) {
    return error
  }
}
