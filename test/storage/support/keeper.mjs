// A process that keeps logs, to be killed at any moment. It runs on the build, as a worker does. Arguments: URL of the database, URL of the
// blobs. It tells on stdout, a line each, that it has sent a statement.
import { createLogKeeper, createPool, openBlobs } from '@treadle/storage'

const [url, blobsUrl] = process.argv.slice(2)
const pool = createPool({ url, applicationName: 'keeper', max: 2 })
const query = pool.query.bind(pool)
pool.query = (...statement) => {
  process.stdout.write('statement\n')
  return query(...statement)
}
const blobs = openBlobs({ url: blobsUrl })
const keeper = createLogKeeper({ pool, blobs, packAfterMs: 0, archiveAfterMs: 0, packEventsMax: 7 })

for (;;) await keeper.keep()
