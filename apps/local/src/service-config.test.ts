import { expect, test } from 'vitest'
import { readModelConfig, readSetUpConfig } from './service-config.ts'

const database = {
  TREADLE_ADMIN_DATABASE_URL: 'postgres://postgres:a@db:5432/treadle',
  TREADLE_API_DATABASE_URL: 'postgres://api:b@db:5432/treadle',
  TREADLE_WORKER_DATABASE_URL: 'postgres://worker:c@db:5432/treadle',
}

test('the set-up needs the three URLs, and Temporal has its usual place', () => {
  expect(readSetUpConfig(database)).toMatchObject({
    database: { apiUrl: 'postgres://api:b@db:5432/treadle' },
    temporalAddress: '127.0.0.1:7233',
  })
})

test('every URL that is missing or has no password is named, and none is shown', () => {
  const env = {
    TREADLE_ADMIN_DATABASE_URL: 'mysql://root:hunter2@db',
    TREADLE_API_DATABASE_URL: 'postgres://api@db/treadle',
  }
  expect(() => readSetUpConfig(env)).toThrow(
    /TREADLE_ADMIN_DATABASE_URL:.*\n.*TREADLE_API_DATABASE_URL:.*\n.*TREADLE_WORKER_DATABASE_URL:/,
  )
  expect(() => readSetUpConfig(env)).not.toThrow(/hunter2/)
})

test('the scripted model listens on this machine, unless told otherwise', () => {
  expect(readModelConfig({})).toEqual({ host: '127.0.0.1', port: 8091 })
  expect(() => readModelConfig({ TREADLE_MODEL_PORT: 'x' })).toThrow('TREADLE_MODEL_PORT')
})
