// One-shot, for stacks that are not started by `npm start`: migrates the database, makes the logins of the services, and
// creates Temporal's search attributes. May be repeated; each version of Treadle needs it once.
import { ClearError } from './clear-error.ts'
import { prepareDatabase } from './database/prepare-database.ts'
import { readSetUpConfig } from './service-config.ts'
import { prepareTemporal } from './temporal/prepare-temporal.ts'

try {
  const { database, temporalAddress, temporalNamespace } = readSetUpConfig(process.env)
  await prepareDatabase(database, { log: console.log })
  console.log('The database is up to date')
  await prepareTemporal(temporalAddress, temporalNamespace)
  console.log('Temporal has the search attributes')
} catch (error) {
  console.error(error instanceof ClearError ? `✗ ${error.message}` : error)
  process.exitCode = 1
}
