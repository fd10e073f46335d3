import { expect, test } from 'vitest'
import { readConfig } from './config.ts'

const least = { TREADLE_DATABASE_URL: 'postgres://u:secret@127.0.0.1/treadle', TREADLE_BLOBS: 'file:///var/blobs' }

test('two variables are enough', () => {
  expect(readConfig(least)).toMatchObject({
    host: '127.0.0.1',
    port: 8080,
    temporalAddress: '127.0.0.1:7233',
    heartbeatMs: 10_000,
  })
})

test('every wrong variable is named at once, and no value is shown', () => {
  const wrong = {
    TREADLE_DATABASE_URL: 'mysql://u:secret@host/db',
    TREADLE_API_PORT: 'http',
    TREADLE_LOG_LEVEL: 'loud',
    TEMPORAL_ADDRESS: 'nowhere',
  }
  let message = ''
  try {
    readConfig(wrong)
  } catch (error) {
    message = String(error)
  }
  for (const name of [...Object.keys(wrong), 'TREADLE_BLOBS']) expect(message).toContain(name)
  expect(message).not.toContain('secret')
})

test('without API keys it listens on loopback only, unless it is told that strangers are kept out', () => {
  for (const host of ['127.0.0.1', '127.8.8.8', '::1', 'localhost']) {
    expect(readConfig({ ...least, TREADLE_API_HOST: host }).host).toBe(host)
  }
  for (const host of ['0.0.0.0', '192.168.0.1', '::', 'example.com']) {
    expect(() => readConfig({ ...least, TREADLE_API_HOST: host })).toThrow(
      /TREADLE_API_HOST.*no API keys.*TREADLE_API_OPEN/s,
    )
  }
  expect(readConfig({ ...least, TREADLE_API_HOST: '0.0.0.0', TREADLE_API_OPEN: 'true' }).host).toBe('0.0.0.0')
})
