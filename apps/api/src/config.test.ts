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

test('the table of models is read as the workers read it', () => {
  expect(readConfig(least).models).toEqual({})
  const models = { mini: { maxOutputTokens: 100, inputPrice: 0.25, outputPrice: 2 } }
  expect(readConfig({ ...least, TREADLE_MODELS: JSON.stringify(models) }).models).toEqual(models)
  for (const wrong of ['{"mini":1}', '{"mini":{"price":1}}', '{', '/no/such/file']) {
    expect(() => readConfig({ ...least, TREADLE_MODELS: wrong })).toThrow(/TREADLE_MODELS (has|is)/)
  }
})

test('keys may be left out on a loopback address alone', () => {
  for (const host of ['127.0.0.1', '127.8.8.8', '::1', 'localhost']) {
    expect(readConfig({ ...least, TREADLE_API_HOST: host })).toMatchObject({ host, needsKeys: false })
  }
  for (const host of ['0.0.0.0', '192.168.0.1', '::', 'example.com', '127.0.0.1.example.com']) {
    expect(readConfig({ ...least, TREADLE_API_HOST: host })).toMatchObject({ host, needsKeys: true })
    expect(() => readConfig({ ...least, TREADLE_API_HOST: host, TREADLE_API_KEYS: 'off' })).toThrow(
      /TREADLE_API_KEYS.*loopback/,
    )
  }
  expect(readConfig({ ...least, TREADLE_API_KEYS: 'required' }).needsKeys).toBe(true)
  expect(() => readConfig({ ...least, TREADLE_API_KEYS: 'false' })).toThrow(/TREADLE_API_KEYS/)
})

test('tokens need all of their variables, and keys that nobody can change on their way', () => {
  const tokens = { TREADLE_JWT_ISSUER: 'https://issuer.example', TREADLE_JWT_AUDIENCE: 'treadle' }
  expect(readConfig(least).tokens).toBeUndefined()
  expect(() => readConfig({ ...least, ...tokens })).toThrow(/TREADLE_JWT_JWKS_URL/)
  expect(() => readConfig({ ...least, ...tokens, TREADLE_JWT_JWKS_URL: 'http://issuer.example/jwks' })).toThrow(/https/)
  expect(readConfig({ ...least, ...tokens, TREADLE_JWT_JWKS_URL: 'https://issuer.example/jwks' }).tokens).toEqual({
    issuer: 'https://issuer.example',
    audience: 'treadle',
    jwksUrl: 'https://issuer.example/jwks',
    tenantClaim: 'tenant',
  })
})

test('an origin is an origin, without a path and without a star', () => {
  const origins = (list: string) => readConfig({ ...least, TREADLE_CORS_ORIGINS: list }).corsOrigins
  expect(origins('https://a.example, http://localhost:3000')).toEqual(['https://a.example', 'http://localhost:3000'])
  for (const wrong of ['*', 'https://a.example/', 'a.example', 'null']) {
    expect(() => origins(wrong)).toThrow(/TREADLE_CORS_ORIGINS/)
  }
})
