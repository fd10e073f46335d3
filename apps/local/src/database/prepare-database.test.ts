import { expect, test } from 'vitest'
import { databaseUrls } from './prepare-database.ts'

test('each kind of service gets a login of its own on the same database', () => {
  expect(databaseUrls('postgres://postgres:root@127.0.0.1:5432/treadle', 'p@ss/word')).toEqual({
    adminUrl: 'postgres://postgres:root@127.0.0.1:5432/treadle',
    apiUrl: 'postgres://treadle_api_login:p%40ss%2Fword@127.0.0.1:5432/treadle',
    workerUrl: 'postgres://treadle_worker_login:p%40ss%2Fword@127.0.0.1:5432/treadle',
  })
})
